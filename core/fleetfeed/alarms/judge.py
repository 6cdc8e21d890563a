"""How fresh a feed is: the database's own judgement, which is the map's and the dashboard's too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetfeed.database import Database

_JUDGED = "SELECT freshness FROM tickets.freshness(%s, now(), %s::interval)"
_SHOWN = "SELECT reporting.fn_tickets_for_map(%s, NULL, NULL, 0) -> 'summary' -> 'freshness'"
NEXT = {
    "fleetfeed stopped": "nobody has looked for too long; next: see that the schedule still runs `fleetfeed run`",
    "exporter stopped": "the last look found an old export; next: see that the exporter still runs",
}


def judged(db: Database, feed: str, checked_after: timedelta | None = None) -> dict[str, Any]:
    """Tell how fresh a feed is now; a limit that is given takes the place of the feed's own `checked_after`."""
    found: dict[str, Any] = db.one(_JUDGED, [feed, checked_after])
    return found


def shown(db: Database, feed: str) -> dict[str, Any]:
    """Tell the same to a reader, as the map shows it."""
    found: dict[str, Any] = db.one(_SHOWN, [feed])
    return found
