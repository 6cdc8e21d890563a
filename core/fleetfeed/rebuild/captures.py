"""When the backlog of each day was counted, so that a rebuild counts it at the same place in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
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
    zone, found = ZoneInfo(live.zone), dict[tuple[object, ...], list[datetime]]()
    first = next(iter(exports), None)
    for day, at in _counted(db, live):
        by_hand = (
            first is not None and at < first.seen_at
        )  # captured as of a time before the first load: the times of exports say when
        if last := _last_of(day, exports, zone, by_hand=by_hand):
            found.setdefault(last.identity, []).append(at)
    return found


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


def _last_of(day: date, exports: Sequence[PastExport], zone: ZoneInfo, *, by_hand: bool) -> PastExport | None:
    found = None
    for export in exports:
        time = export.written if by_hand or export.run_id is None else export.seen_at
        if time.astimezone(zone).date() <= day:
            found = export
    return found
