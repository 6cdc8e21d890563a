"""The schedules: whether a feed that runs as it should is ever taken for one that has stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from fleetfeed.config.tables import FeedSettings
from fleetfeed.doctor import Finding
from fleetfeed.errors import ConfigError
from fleetfeed.schedule.cron import read

AREA = "schedule"
_MINUTE = timedelta(minutes=1)


def schedules(timezone: str, feeds: Mapping[str, FeedSettings]) -> Iterator[Finding]:
    """See that schedules can be read, and that the alarm for a feed that nobody runs comes later than its next run."""
    for name, said in feeds.items():
        if said.schedule:
            try:
                yield _judged(name, said, read(said.schedule, timezone, name).longest_gap())
            except ConfigError as error:
                yield Finding(AREA, "error", error.cause, error.next_step)


def _judged(name: str, said: FeedSettings, gap: timedelta) -> Finding:
    limit = said.freshness.checked_after
    told = f"feed {name}: `{said.schedule}` leaves up to {_minutes(gap)} of its hours between two runs"
    if gap < limit:
        return Finding(AREA, "ok", f"{told}; the alarm «fleetfeed stopped» comes after {_minutes(limit)}")
    hint = f'Set checked_after in [feeds.{name}.freshness] to "{(2 * gap + limit / 2) // _MINUTE}m", say.'
    return Finding(AREA, "warning", f"{told}, and after {_minutes(limit)} it is taken for stopped", hint)


def _minutes(time: timedelta) -> str:
    return f"{time // _MINUTE:,} min"
