"""Rate limits of providers per second, minute and day, kept in the database across runs and processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from fleetfeed.geo import Geocoder
from fleetfeed.runtime.clock import Clock
from fleetfeed.text.redact import plain

if TYPE_CHECKING:
    from fleetfeed.database import Database

MINUTE = timedelta(minutes=1)
# Each process reserves one call at a time, so a reservation further ahead was made with a wrong clock.
_BOGUS = timedelta(minutes=10)
_USAGE = "SELECT day, calls, recent, held_until, note FROM tickets.geo_budgets WHERE provider = %s"
_SAVE = "UPDATE tickets.geo_budgets SET (day, calls, recent) = (%s, %s, %s) WHERE provider = %s"
_CREATE = "INSERT INTO tickets.geo_budgets (provider, day) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_HOLD = (
    "UPDATE tickets.geo_budgets SET (held_until, note) = (%s, %s) "
    "WHERE provider = %s AND coalesce(held_until, '-infinity') < %s"
)


@dataclass(frozen=True, slots=True)
class Usage:
    """The recorded calls of a provider."""

    day: date  # in UTC, as providers count
    calls: int = 0  # on that day
    recent: tuple[datetime, ...] = ()  # the latest, in order; reserved ones are in the future
    held_until: datetime | None = None  # the provider reported a rate limit until then
    note: str = ""


def next_call(limits: Geocoder, usage: Usage, now: datetime) -> tuple[datetime, str]:
    """Return when the provider may be called next, and why not now; '' if it may."""
    recent = [moment for moment in usage.recent if moment < now + _BOGUS]
    moment, why = now, ""
    if usage.held_until and usage.held_until > moment:
        moment, why = usage.held_until, usage.note
    if limits.per_second and recent:
        after = recent[-1] + timedelta(seconds=1 / limits.per_second)
        moment, why = max((moment, why), (after, f"{limits.per_second:g} calls a second are allowed"))
    if limits.per_minute and len(recent) >= limits.per_minute:
        after = recent[-limits.per_minute] + MINUTE
        moment, why = max((moment, why), (after, f"{limits.per_minute:,} calls a minute are allowed"))
    if limits.per_day and _counts(usage, moment) and usage.calls >= limits.per_day:
        moment, why = midnight(usage.day), f"the {limits.per_day:,} calls of this day are made"
    return moment, why if moment > now else ""


def add_call(limits: Geocoder, usage: Usage, moment: datetime) -> Usage:
    """Return the usage with one more call at this time."""
    day, calls = (usage.day, usage.calls + 1) if _counts(usage, moment) else (moment.date(), 1)
    recent = (*usage.recent, moment)[-(limits.per_minute or 1) :]
    return Usage(day, calls, recent, usage.held_until, usage.note)


def midnight(day: date) -> datetime:
    """Return when the next day begins for providers, in UTC."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)


def _counts(usage: Usage, moment: datetime) -> bool:
    """Whether the recorded day's calls count: around midnight another process may have begun the next day."""
    return moment.date() <= usage.day <= (moment + _BOGUS).date()


@dataclass(frozen=True, slots=True)
class Budget:
    """Reserves calls in the database, one by one."""

    db: Database
    clock: Clock

    def reserve(self, provider: str, limits: Geocoder, until: datetime) -> tuple[datetime, str]:
        """Return when the next call is allowed, and why not now; reserves it unless that is later than `until`."""
        with self.db.transaction():
            usage, now = self.usage(provider, lock=True), self.clock.now()
            moment, why = next_call(limits, usage, now)
            if moment <= until:
                after = add_call(limits, usage, moment)
                self.db.execute(_SAVE, [after.day, after.calls, list(after.recent), provider])
        return moment, why

    def hold(self, provider: str, until: datetime, why: str) -> None:
        """Block calls until this time, as the provider asked for it; never shortens an earlier block."""
        self.db.execute(_HOLD, [until, plain(why), provider, until])

    def usage(self, provider: str, *, lock: bool = False) -> Usage:
        """Read a provider's usage; with `lock`, lock it until the transaction ends."""
        sql = f"{_USAGE}{' FOR UPDATE' * lock}"
        found = self.db.all(sql, [provider])
        if not found and lock:
            self.db.execute(_CREATE, [provider, self.clock.now().date()])
            found = self.db.all(sql, [provider])
        if not found:
            return Usage(self.clock.now().date())
        day, calls, recent, held_until, note = found[0]
        return Usage(day, calls, tuple(recent), held_until, note or "")
