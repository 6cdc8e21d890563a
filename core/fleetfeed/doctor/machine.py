"""The machine: room for spooling, and its time zone against the schedules."""

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
COPIES = 4  # as it came, cleaned, readable, and what DuckDB keeps of it
_HOUR, _WEEK = timedelta(hours=1), timedelta(weeks=1)
LITTLE = 200_000_000  # bytes; less than this is soon gone


def disk(largest: int, env: Mapping[str, str]) -> Iterator[Finding]:
    """See that an export of this size fits where exports are spooled."""
    folder, wanted = str(temporary().absolute()), env.get("TMPDIR", "")
    if wanted and os.path.abspath(wanted) != folder:  # Python passes over it without a word
        hint = "Make that folder, let this user write there, or take TMPDIR away."
        yield Finding(DISK, "warning", f"TMPDIR={wanted} is not there or cannot be written: {folder} is used", hint)
    yield room(folder, shutil.disk_usage(folder).free, largest)


def room(folder: str, free: int, largest: int) -> Finding:
    """Judge the room in a folder."""
    told = f"{free / 1e9:,.1f} GB are free in {folder}, where exports are spooled"
    hint = "Make room there, or set TMPDIR to a folder of a larger disk."
    if free < COPIES * largest:
        return Finding(
            DISK, "error", f"{told}; the newest export needs {COPIES * largest / 1e9:,.1f} GB while it is read", hint
        )
    return Finding(DISK, "warning", told, hint) if free < LITTLE else Finding(DISK, "ok", told)


def zone(timezone: str, schedules: Mapping[str, str | None], env: Mapping[str, str]) -> Iterator[Finding]:
    """See what a cron line of this machine would mean by the hours of the schedules, which are the project's."""
    given = env.get("TZ", "").removeprefix(":")
    if given and not (Path(given).is_absolute() or _known(given)):
        what = f"TZ={given} is no time zone, so that this machine goes by UTC"
        yield Finding(ZONE, "error", what, f"Set TZ={timezone}.")
    now = datetime.now(ZoneInfo(timezone))
    year = [(_offset_here(at), at.utcoffset() or timedelta()) for at in (now + week * _WEEK for week in range(53))]
    here, there = year[0]
    same = (
        "the time of this machine" if here == there else f"UTC{_signed(there)}; this machine goes by UTC{_signed(here)}"
    )
    yield Finding(ZONE, "ok", f"schedules are in {timezone}, {same}")
    for feed, schedule in schedules.items():
        if schedule:
            with suppress(ConfigError):  # of one that cannot be read the area of schedules tells
                yield from _meant(feed, schedule, timezone, year)


def _meant(feed: str, schedule: str, timezone: str, year: Sequence[tuple[timedelta, timedelta]]) -> Iterator[Finding]:
    """Compare a schedule with a cron of this machine; `year` has the offsets here and there, week by week."""
    here, there = year[0]
    apart = {here - there for here, there in year}
    hours, _ = hours_of(schedule)
    if apart != {timedelta()} and (hours != HOURS or any(difference % _HOUR for difference in apart)):
        what = f"feed {feed}: `{schedule}` is meant in {timezone}, not in this machine's time"
        line = _moved(schedule, here - there) if len(apart) == 1 else ""
        yield Finding(ZONE, "warning", what, _elsewhere(timezone, line))
    elif there and len({there for _, there in year}) == 1 and (line := _moved(schedule, -there)):
        hint = f"A scheduler that goes by UTC, as Coolify's does unless its server says otherwise, needs `{line}`."
        yield Finding(ZONE, "ok", f"feed {feed}: `{schedule}` is right for a crontab of this machine", hint)


def _elsewhere(timezone: str, line: str) -> str:
    """Say what a machine in another zone needs; cron never goes by the TZ of a crontab."""
    if line:
        said = f"A crontab or a task of this machine has to say `{line}`"
    else:
        said = f"No line of a crontab says that here: give this machine the zone {timezone} (timedatectl)"
    return f"{said}; `TZ=` in a crontab does not change its hours. `fleetfeed schedule run` knows {timezone}."


def _offset_here(moment: datetime) -> timedelta:
    return timedelta(seconds=time.localtime(moment.timestamp()).tm_gmtoff)


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return any(char.isdigit() for char in name)  # such as EAT-3, which POSIX allows
    return True


def _signed(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    return f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _moved(schedule: str, by: timedelta) -> str:
    """Write a schedule in the time of a clock that differs by so much; empty where cron has no words for that."""
    hours, _ = hours_of(schedule)
    minute, _, *days = schedule.split()
    moved = [hour + by // _HOUR for hour in hours]
    if by % _HOUR or (days != ["*", "*", "*"] and not all(hour in HOURS for hour in moved)):
        return ""
    spans: list[list[int]] = []
    for hour in sorted(hour % 24 for hour in moved):
        if spans and spans[-1][-1] == hour - 1:
            spans[-1].append(hour)
        else:
            spans.append([hour])
    told = ",".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)
    return " ".join([minute, told, *days])
