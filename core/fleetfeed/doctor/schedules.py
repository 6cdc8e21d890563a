"""Checks schedules: whether they can be read, and fit the freshness limits."""

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
    """Check that schedules can be read, and that the alarm for a stopped feed comes later than its next run."""
    for name, feed in feeds.items():
        if feed.schedule:
            try:
                yield _gap(name, feed, read(feed.schedule, timezone, name).longest_gap())
            except ConfigError as error:
                yield Finding(AREA, "error", error.cause, error.next_step)


def _gap(name: str, feed: FeedSettings, gap: timedelta) -> Finding:
    limit = feed.freshness.checked_after
    text = f"feed {name}: `{feed.schedule}` leaves up to {_minutes(gap)} of its hours between two runs"
    if gap < limit:
        return Finding(AREA, "ok", f"{text}; the alarm «fleetfeed stopped» comes after {_minutes(limit)}")
    hint = f'Set checked_after in [feeds.{name}.freshness] to "{(2 * gap + limit / 2) // _MINUTE}m", say.'
    return Finding(AREA, "warning", f"{text}, and after {_minutes(limit)} it is taken for stopped", hint)


def _minutes(time: timedelta) -> str:
    return f"{time // _MINUTE:,} min"
