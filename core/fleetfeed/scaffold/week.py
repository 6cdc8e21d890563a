"""The exports of a week, made from one export: what `fleetfeed demo` loads, so that there is a history to show.

Only the roles of a feed decide what a ticket looked like on an earlier day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from fleetfeed.feed import Feed, Moment

Row = Mapping[str, str]
_FORM = "%Y-%m-%d %H:%M:%S"
_DAY = timedelta(days=1)
_REOPENED, _ABSENT, _GONE = 12, 9, 17  # of so many tickets one


@dataclass(frozen=True, slots=True)
class DayExport:
    """One export: when it was written, and its rows."""

    at: datetime
    rows: list[dict[str, str]]


def week(feed: Feed, rows: Iterable[Row], now: datetime, days: int = 7) -> Iterator[DayExport]:
    """Yield an export for each of the last days, oldest first, each at the hour of `now`.

    All times are moved so that the newest is `now`. Some closed tickets were closed before and reopened; some open ones
    are missing in one export, a few in the last.
    """
    zone = ZoneInfo(feed.zone)
    local = now.astimezone(zone).replace(tzinfo=None, microsecond=0)
    moved = _Moved(feed, [dict(row) for row in rows], local)
    for ago in range(days - 1, -1, -1):
        at = local - ago * _DAY
        yield DayExport(at.replace(tzinfo=zone), list(moved.as_of(at, ago)))


class _Moved:
    """Tickets of an export, with times that end now."""

    def __init__(self, feed: Feed, rows: Sequence[dict[str, str]], now: datetime) -> None:
        self.feed, self.roles = feed, feed.roles
        self.times = [column.name for column in feed.columns if isinstance(column, Moment)]
        shown = {*feed.winner, *self.roles.created}
        times = [found for row in rows for name in shown & row.keys() if (found := _read(row[name]))]
        newest = max(times, default=now)  # of a feed that writes times in another form, nothing is moved
        self.rows = [self._moved(row, now - newest) for row in rows]
        opened = next((row for row in rows if row[self.roles.status] not in self.roles.closed_statuses), {})
        same = filter(None, (self.roles.status, self.roles.raw_status))
        self.opened = {name: opened[name] for name in same if name in opened}  # how an open ticket is written

    def as_of(self, at: datetime, ago: int) -> Iterator[dict[str, str]]:
        """Yield the rows that an export of that time had; `ago`: days before the last one."""
        for number, row in zip(count(1), self.rows, strict=False):
            begun = next((found for name in self.roles.created if (found := _read(row[name]))), None)
            closed = _read(row.get(self.roles.closed or "", ""))
            is_missing = not closed and ((number % _ABSENT == 0 and ago == 2) or (number % _GONE == 0 and ago == 0))
            if is_missing or (begun and begun > at):
                continue
            yield self._on(row, at, closed, is_reopened=number % _REOPENED == 0)

    def _on(self, row: dict[str, str], at: datetime, closed: datetime | None, *, is_reopened: bool) -> dict[str, str]:
        if closed is None or closed <= at:
            return self._known_at(row, at)
        if is_reopened and at < closed - _DAY and at >= closed - 2 * _DAY:
            return self._known_at(row | {self.roles.closed or "": _write(closed - 2 * _DAY)}, at)
        later = filter(None, (self.roles.closed, self.roles.mttr, self.roles.sla_status))
        return self._known_at(row | self.opened | dict.fromkeys(later, ""), at)

    def _known_at(self, row: dict[str, str], at: datetime) -> dict[str, str]:
        """Return a row whose exporter's times are not later than the export."""
        known = {
            name: min(row[name], _write(at)) for name in (*self.feed.winner, *self.feed.bookkeeping) if name in row
        }
        return row | {name: value if _read(value) else row[name] for name, value in known.items()}

    def _moved(self, row: dict[str, str], shift: timedelta) -> dict[str, str]:
        found = {name: _read(row[name]) for name in self.times if name in row}
        return row | {name: _write(time + shift) for name, time in found.items() if time}


def _read(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _FORM)  # noqa: DTZ007 (local time, as in the export)
    except ValueError:
        return None


def _write(time: datetime) -> str:
    return time.strftime(_FORM)
