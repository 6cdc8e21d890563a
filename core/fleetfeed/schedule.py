"""When a feed's runs are scheduled: a cron expression in the project's zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from fleetfeed.errors import ConfigError

HOURS = tuple(range(24))
WEEKDAYS = tuple(range(7))  # 0 is Sunday, as in cron
_HOUR, _A_YEAR = timedelta(hours=1), timedelta(days=366)
_ENOUGH = 5_000  # ticks; every gap is among them, also that of a schedule which pauses for months


@dataclass(frozen=True)
class Schedule:
    """Hold a cron expression that can be read, and the zone it is meant in."""

    expression: str
    zone: str

    def ticks(self, after: datetime) -> Iterator[datetime]:
        """Give the times of the runs after this one, without end, in the schedule's zone."""
        # In UTC: two times of one zone are compared by what its clocks show, which in autumn they show twice.
        last = after.astimezone(UTC)
        for tick in _parsed(self.expression, after.astimezone(ZoneInfo(self.zone))):
            if tick.astimezone(UTC) > last:  # cronsim goes back to the first of two equal hours
                last = tick.astimezone(UTC)
                yield tick

    def came_due(self, after: datetime, until: datetime) -> bool:
        """Tell whether a run was due after one moment and up to another."""
        return next(self.ticks(after)).astimezone(UTC) <= until

    def longest_gap(self) -> timedelta:
        """Tell how much time of the schedule's own hours and weekdays can pass between two runs."""
        since = datetime.now(UTC)
        ticks = list(islice(takewhile(lambda tick: tick - since < _A_YEAR, self.ticks(since)), _ENOUGH))
        return max((self._counted(a, b) for a, b in pairwise(ticks)), default=_A_YEAR)

    def _counted(self, since: datetime, until: datetime) -> timedelta:
        """Count as `tickets.scheduled_time` does, which judges by it."""
        hours, weekdays = hours_of(self.expression)
        total, start, end = timedelta(), since.astimezone(UTC), until.astimezone(UTC)
        while start < end:
            local = start.astimezone(since.tzinfo)
            stop = min(start + _HOUR - timedelta(minutes=local.minute, seconds=local.second), end)
            if local.hour in hours and local.isoweekday() % 7 in weekdays:
                total += stop - start
            start = stop
        return total


def hours_of(schedule: str | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the hours and the weekdays in which a schedule runs; without one, all. Raises ConfigError."""
    if schedule is None:
        return HOURS, WEEKDAYS
    cron = _parsed(schedule, datetime.now(UTC))
    days = {(day if isinstance(day, int) else day[0]) % 7 for day in cron.weekdays}  # "5L" is (5, LAST)
    # Where a day of the month is named beside a weekday, cron runs on either.
    return tuple(sorted(cron.hours)), tuple(sorted(days)) if cron.day_and else WEEKDAYS


def read(schedule: str, zone: str) -> Schedule:
    """Read a schedule. Raises ConfigError for one that makes no sense, or that never comes."""
    if next(_parsed(schedule, datetime.now(UTC)), None) is None:
        raise ConfigError(f"The schedule {schedule!r} never comes.", next_step="Name a day that there is.")
    return Schedule(schedule, zone)


def _parsed(schedule: str, after: datetime) -> CronSim:
    try:
        if len(schedule.split()) != 5:  # cronsim would take a sixth, for seconds
            raise CronSimError
        return CronSim(schedule, after)
    except (CronSimError, ValueError):
        raise ConfigError(
            f"The schedule {schedule!r} cannot be read.",
            next_step='Write it as cron does, with five fields: "*/20 6-20 * * *".',
        ) from None
