"""Cron expressions in the project's time zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from fleetfeed.errors import ConfigError

HOURS = tuple(range(24))
WEEKDAYS = tuple(range(7))  # 0 is Sunday, as in cron
_HOUR, _A_YEAR = timedelta(hours=1), timedelta(days=366)
_FIELDS = (
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31"),
    ("month", "1 to 12"),
    ("weekday", "0 to 7, where 0 and 7 are Sunday"),
)
_A_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class Schedule:
    """A valid cron expression and its time zone."""

    expression: str
    zone: str

    def ticks(self, after: datetime) -> Iterator[datetime]:
        """Yield the times of all runs after a time, endlessly, in the schedule's zone."""
        # Compared in UTC: Python compares times of the same zone by wall clock, which repeats an hour in autumn.
        last = after.astimezone(UTC)
        for tick in _parsed(self.expression, after.astimezone(ZoneInfo(self.zone))):
            if tick.astimezone(UTC) > last:  # cronsim returns to the first of two equal hours
                last = tick.astimezone(UTC)
                yield tick

    def came_due(self, after: datetime, until: datetime) -> bool:
        """Whether a run was due after `after`, up to and including `until`."""
        return next(self.ticks(after)).astimezone(UTC) <= until

    def longest_gap(self) -> timedelta:
        """Return the longest time between two runs, counting only the schedule's hours and weekdays."""
        _, *others = self.expression.split()
        found = sorted(_parsed(self.expression, datetime.now(UTC)).minutes)
        # Gaps within an hour come from its minutes; for gaps between hours, one tick an hour is enough, which keeps the
        # number of ticks in a year small.
        hourly = Schedule(" ".join([f"{found[0]}", *others]), self.zone)
        counted = hours_of(self.expression)
        within = (timedelta(minutes=b - a) for a, b in pairwise(found))
        between = (
            (a.replace(minute=found[-1]), b)
            for a, b in pairwise(hourly._of_a_year())
            if (a.date(), a.hour) != (b.date(), b.hour)
        )
        return max(*within, *(self._counted(a, b, *counted) for a, b in between), timedelta())

    def _of_a_year(self) -> Iterator[datetime]:
        """Yield the ticks of the next year, and the first one after it."""
        for number, tick in enumerate(self.ticks(now := datetime.now(UTC))):
            yield tick
            if number and tick - now > _A_YEAR:
                return

    @staticmethod
    def _counted(since: datetime, until: datetime, hours: Sequence[int], weekdays: Sequence[int]) -> timedelta:
        """Return the scheduled time between two runs, counted like the SQL function `tickets.scheduled_time`."""
        total, start, end = timedelta(), since.astimezone(UTC), until.astimezone(UTC)
        if end - start > _A_MONTH:
            return end - start
        while start < end:
            local = start.astimezone(since.tzinfo)
            stop = min(start + _HOUR - timedelta(minutes=local.minute, seconds=local.second), end)
            if local.hour in hours and local.isoweekday() % 7 in weekdays:
                total += stop - start
            start = stop
        return total


def hours_of(schedule: str | None, feed: str = "") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the hours and weekdays of a schedule; without one, all. Raises ConfigError, which names the feed."""
    if schedule is None:
        return HOURS, WEEKDAYS
    cron = _parsed(schedule, datetime.now(UTC), feed)
    days = {(day if isinstance(day, int) else day[0]) % 7 for day in cron.weekdays}  # "5L" is (5, LAST)
    # With both a day of the month and a weekday, cron runs on either.
    return tuple(sorted(cron.hours)), tuple(sorted(days)) if cron.day_and else WEEKDAYS


def read(schedule: str, zone: str, feed: str = "") -> Schedule:
    """Parse a schedule. Raises ConfigError, which names the feed, if it is invalid or never runs."""
    if next(_parsed(schedule, datetime.now(UTC), feed), None) is None:
        raise _never(schedule, feed)
    return Schedule(schedule, zone)


def _parsed(schedule: str, after: datetime, feed: str = "") -> CronSim:
    fields = schedule.split()
    if len(fields) != len(_FIELDS):  # cronsim would accept a sixth, for seconds
        raise _unreadable(schedule, feed, f"it has {len(fields)} field{'s' * (len(fields) != 1)}, not five")
    try:
        return CronSim(schedule, after)
    except (CronSimError, ValueError):  # raised both for invalid days and for days that the months do not have
        for index, (name, allowed) in enumerate(_FIELDS):
            if not _readable(fields[index], index):
                why = f"its {name} is {fields[index]!r}"
                raise _unreadable(schedule, feed, why, f" ({name}: {allowed})") from None
        raise _never(schedule, feed) from None


def _readable(field: str, index: int) -> bool:
    """Whether one field is valid if all others are `*`."""
    fields = ["*"] * len(_FIELDS)
    fields[index] = field
    try:
        CronSim(" ".join(fields), datetime.now(UTC))
    except (CronSimError, ValueError):
        return False
    return True


def _unreadable(schedule: str, feed: str, why: str, allowed: str = "") -> ConfigError:
    return ConfigError(
        f"The schedule {schedule!r}{_of(feed)} cannot be read: {why}.",
        next_step=f'Write it as cron does, with five fields: "*/20 6-20 * * *"{allowed}.',
    )


def _never(schedule: str, feed: str) -> ConfigError:
    return ConfigError(
        f"The schedule {schedule!r}{_of(feed)} never comes.", next_step="Name a day that its months have."
    )


def _of(feed: str) -> str:
    return f" of feed {feed}" if feed else ""
