"""What a provider may be asked: per second, minute and day, kept in the database across runs and processes."""

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
# Each process reserves one call at a time, so a call far ahead was reserved while a clock was wrong.
_BOGUS = timedelta(minutes=10)
_SPENT = "SELECT day, calls, recent, held_until, note FROM tickets.geo_budgets WHERE provider = %s"
_TAKE = "UPDATE tickets.geo_budgets SET (day, calls, recent) = (%s, %s, %s) WHERE provider = %s"
_OPEN = "INSERT INTO tickets.geo_budgets (provider, day) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_HOLD = (
    "UPDATE tickets.geo_budgets SET (held_until, note) = (%s, %s) "
    "WHERE provider = %s AND coalesce(held_until, '-infinity') < %s"
)


@dataclass(frozen=True, slots=True)
class Spent:
    """Recall what a provider has been asked."""

    day: date  # of UTC, as providers count
    calls: int = 0  # on that day
    recent: tuple[datetime, ...] = ()  # the latest, in their order; those reserved lie ahead
    held_until: datetime | None = None  # it has said itself that it was too much
    note: str = ""


def next_call(limits: Geocoder, spent: Spent, now: datetime) -> tuple[datetime, str]:
    """Tell when the provider may be asked next, and what makes us wait; the text is empty where nothing does."""
    recent = [moment for moment in spent.recent if moment < now + _BOGUS]
    moment, why = now, ""
    if spent.held_until and spent.held_until > moment:
        moment, why = spent.held_until, spent.note
    if limits.per_second and recent:
        after = recent[-1] + timedelta(seconds=1 / limits.per_second)
        moment, why = max((moment, why), (after, f"{limits.per_second:g} calls a second are allowed"))
    if limits.per_minute and len(recent) >= limits.per_minute:
        after = recent[-limits.per_minute] + MINUTE
        moment, why = max((moment, why), (after, f"{limits.per_minute:,} calls a minute are allowed"))
    if limits.per_day and _counts(spent, moment) and spent.calls >= limits.per_day:
        moment, why = midnight(spent.day), f"the {limits.per_day:,} calls of this day are made"
    return moment, why if moment > now else ""


def spend(limits: Geocoder, spent: Spent, moment: datetime) -> Spent:
    """Enter a call at this time."""
    day, calls = (spent.day, spent.calls + 1) if _counts(spent, moment) else (moment.date(), 1)
    recent = (*spent.recent, moment)[-(limits.per_minute or 1) :]
    return Spent(day, calls, recent, spent.held_until, spent.note)


def midnight(day: date) -> datetime:
    """Tell when the next day begins, where providers count."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)


def _counts(spent: Spent, moment: datetime) -> bool:
    """Tell whether the day's calls count for one now: around midnight another process may have begun the next day."""
    return moment.date() <= spent.day <= (moment + _BOGUS).date()


@dataclass(frozen=True, slots=True)
class Budget:
    """Reserve calls in the database, one by one."""

    db: Database
    clock: Clock

    def reserve(self, provider: str, limits: Geocoder, until: datetime) -> tuple[datetime, str]:
        """Tell when the next call is allowed, and why not now; it is reserved unless that is later than `until`."""
        with self.db.transaction():
            spent, now = self.spent(provider, lock=True), self.clock.now()
            moment, why = next_call(limits, spent, now)
            if moment <= until:
                after = spend(limits, spent, moment)
                self.db.execute(_TAKE, [after.day, after.calls, list(after.recent), provider])
        return moment, why

    def hold(self, provider: str, until: datetime, why: str) -> None:
        """Let nobody ask before this time: the provider has said so. One that holds for longer stays."""
        self.db.execute(_HOLD, [until, plain(why), provider, until])

    def spent(self, provider: str, *, lock: bool = False) -> Spent:
        """Recall what a provider has been asked, with `lock` until the transaction ends."""
        sql = f"{_SPENT}{' FOR UPDATE' * lock}"
        found = self.db.all(sql, [provider])
        if not found and lock:
            self.db.execute(_OPEN, [provider, self.clock.now().date()])
            found = self.db.all(sql, [provider])
        if not found:
            return Spent(self.clock.now().date())
        day, calls, recent, held_until, note = found[0]
        return Spent(day, calls, tuple(recent), held_until, note or "")
