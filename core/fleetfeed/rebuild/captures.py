"""When the backlog of each day was counted, so that a rebuild counts it at the same place in the history."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fleetfeed.database.schema.tables import quoted

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.rebuild.past import PastExport

Due = Mapping[tuple[object, ...], Sequence[datetime]]  # identity of an export → captures after it


def due(db: Database, live: Feed, exports: Sequence[PastExport]) -> Due:
    """Return when to capture after which export: at the end of each day that the feed has counted."""
    found = dict[tuple[object, ...], list[datetime]]()
    if not exports:
        return found
    zone = ZoneInfo(live.zone)
    seen, written = (_LastOfDays(exports, zone, by_written=by) for by in (False, True))
    for day, at in _counted(db, live):
        # One of a time before the first load was captured by hand, as of the time of an export.
        last = (written if at < exports[0].seen_at else seen).until(day)
        if last:
            found.setdefault(last.identity, []).append(at)
    return found


class _LastOfDays:
    """The last export until the end of a day; exports need not be in the order of their times."""

    def __init__(self, exports: Sequence[PastExport], zone: ZoneInfo, *, by_written: bool) -> None:
        times = (one.written if by_written or one.run_id is None else one.seen_at for one in exports)
        places = sorted((time.astimezone(zone).date(), place) for place, time in enumerate(times))
        self._exports, self._days = exports, [day for day, _ in places]
        self._last = list(accumulate((place for _, place in places), max))

    def until(self, day: date) -> PastExport | None:
        """Return the last export whose time is on this day or before."""
        count = bisect_right(self._days, day)
        return self._exports[self._last[count - 1]] if count else None


def is_captured(db: Database, shadow: Feed) -> bool:
    """Whether there was a first capture, before which all closures count as known before."""
    return bool(db.one("SELECT EXISTS (SELECT FROM tickets.captures WHERE feed = %s)", [shadow.name]))


def capture(db: Database, shadow: Feed, at: datetime) -> None:
    """Capture the shadow's closures, and its backlog as of a time, though that day is over."""
    with db.transaction():
        db.execute("SELECT set_config('fleetfeed.replaying', 'yes', true)")
        db.execute(f"SELECT tickets.{quoted(f'{shadow.name}_capture_history')}(%s)", [at])


def _counted(db: Database, live: Feed) -> list[tuple[date, datetime]]:
    return db.all(
        f"SELECT snapshot_date, max(captured_at) FROM tickets.{quoted(f'{live.name}_daily_snapshot')} "
        "WHERE open_total IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
