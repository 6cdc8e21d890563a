"""Checks the machine: disk space for spooling, and its time zone against the schedules."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fleetfeed.doctor import Finding
from fleetfeed.errors import ConfigError
from fleetfeed.runtime.scratch import temporary
from fleetfeed.schedule.cron import HOURS, hours_of

DISK, ZONE = "disk", "zone"
COPIES = 4  # as downloaded, cleaned, decoded, and DuckDB's temporary data
_HOUR, _WEEK = timedelta(hours=1), timedelta(weeks=1)
LITTLE = 200_000_000  # bytes


def disk(largest: int, env: Mapping[str, str]) -> Iterator[Finding]:
    """Check that an export of this size fits into the spool folder."""
    folder, wanted = str(temporary().absolute()), env.get("TMPDIR", "")
    if wanted and os.path.abspath(wanted) != folder:  # Python ignores it silently
        hint = "Make that folder, let this user write there, or take TMPDIR away."
        yield Finding(DISK, "warning", f"TMPDIR={wanted} is not there or cannot be written: {folder} is used", hint)
    yield room(folder, shutil.disk_usage(folder).free, largest)


def room(folder: str, free: int, largest: int) -> Finding:
    """Return the finding for the free space in a folder, in bytes."""
    text = f"{free / 1e9:,.1f} GB are free in {folder}, where exports are spooled"
    hint = "Make room there, or set TMPDIR to a folder of a larger disk."
    if free < COPIES * largest:
        return Finding(
            DISK, "error", f"{text}; the newest export needs {COPIES * largest / 1e9:,.1f} GB while it is read", hint
        )
    return Finding(DISK, "warning", text, hint) if free < LITTLE else Finding(DISK, "ok", text)


def zone(timezone: str, schedules: Mapping[str, str | None], env: Mapping[str, str]) -> Iterator[Finding]:
    """Compare the schedules, which are in the project's zone, with crontab lines on this machine."""
    given = env.get("TZ", "").removeprefix(":")
    if given and not (Path(given).is_absolute() or _is_zone(given)):
        what = f"TZ={given} is no time zone, so this machine uses UTC"
        yield Finding(ZONE, "error", what, f"Set TZ={timezone}.")
    now = datetime.now(ZoneInfo(timezone))
    year = [(_offset_here(at), at.utcoffset() or timedelta()) for at in (now + week * _WEEK for week in range(53))]
    here, there = year[0]
    same = "the time of this machine" if here == there else f"UTC{_signed(there)}; this machine uses UTC{_signed(here)}"
    yield Finding(ZONE, "ok", f"schedules are in {timezone}, {same}")
    for feed, schedule in schedules.items():
        if schedule:
            with suppress(ConfigError):  # reported by schedules()
                yield from _check(feed, schedule, timezone, year)


def _check(feed: str, schedule: str, timezone: str, year: Sequence[tuple[timedelta, timedelta]]) -> Iterator[Finding]:
    """Compare a schedule with this machine's cron; `year` has the offsets of both zones, week by week."""
    here, there = year[0]
    apart = {here - there for here, there in year}
    hours, _ = hours_of(schedule)
    if apart != {timedelta()} and (hours != HOURS or any(difference % _HOUR for difference in apart)):
        what = f"feed {feed}: `{schedule}` is meant in {timezone}, not in this machine's time"
        line = _shifted(schedule, here - there) if len(apart) == 1 else ""
        yield Finding(ZONE, "warning", what, _elsewhere(timezone, line))
    elif there and len({there for _, there in year}) == 1 and (line := _shifted(schedule, -there)):
        hint = f"A scheduler that uses UTC, as Coolify's does unless its server is set to another zone, needs `{line}`."
        yield Finding(ZONE, "ok", f"feed {feed}: `{schedule}` is right for a crontab of this machine", hint)


def _elsewhere(timezone: str, line: str) -> str:
    """Return how to schedule on a machine in another zone; cron ignores TZ in a crontab."""
    if line:
        text = f"A crontab or a task of this machine needs `{line}`"
    else:
        text = f"No crontab line can express that here: give this machine the zone {timezone} (timedatectl)"
    return f"{text}; `TZ=` in a crontab does not change its hours. `fleetfeed schedule run` knows {timezone}."


def _offset_here(moment: datetime) -> timedelta:
    return timedelta(seconds=time.localtime(moment.timestamp()).tm_gmtoff)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return any(char.isdigit() for char in name)  # such as EAT-3, which POSIX allows
    return True


def _signed(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _shifted(schedule: str, by: timedelta) -> str:
    """Return a schedule shifted by an offset; '' if cron cannot express that."""
    hours, _ = hours_of(schedule)
    minute, _, *days = schedule.split()
    shifted = [hour + by // _HOUR for hour in hours]
    if by % _HOUR or (days != ["*", "*", "*"] and not all(hour in HOURS for hour in shifted)):
        return ""
    spans: list[list[int]] = []
    for hour in sorted(hour % 24 for hour in shifted):
        if spans and spans[-1][-1] == hour - 1:
            spans[-1].append(hour)
        else:
            spans.append([hour])
    text = ",".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)
    return " ".join([minute, text, *days])
