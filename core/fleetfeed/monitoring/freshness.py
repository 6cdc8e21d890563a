"""How fresh a feed is, as computed in the database for the map and the dashboard too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fleetfeed.states import Concern, StaleReason

if TYPE_CHECKING:
    from fleetfeed.database import Database

_JUDGED = "SELECT freshness FROM tickets.freshness(%s, now(), %s::interval)"
_SHOWN = "SELECT reporting.fn_tickets_for_map(%s, NULL, NULL, 0) -> 'summary' -> 'freshness'"
_HELD = "SELECT metadata ->> 'held' FROM tickets.import_meta WHERE feed = %s"
_NEW = """
SELECT string_agg(quote_literal(s), ', ' ORDER BY s) FROM tickets.import_meta AS m,
    jsonb_array_elements_text(m.metadata -> 'new_statuses') AS s WHERE feed = %s
"""
_REFUSED = """
SELECT coalesce(counts ->> 'refused', error) FROM tickets.import_runs
WHERE feed = %s AND (outcome = 'refused' OR counts ? 'refused') ORDER BY run_id DESC LIMIT 1
"""
_DETAILS = {Concern.REFUSED: _REFUSED, Concern.HELD: _HELD, Concern.NEW_STATUSES: _NEW}
_WHICH = """
SELECT CASE WHEN counts ? 'piece' THEN format('the next piece (%%s)', source_key) ELSE 'the newest export' END
FROM tickets.import_runs WHERE feed = %s AND (outcome = 'refused' OR counts ? 'refused') ORDER BY run_id DESC LIMIT 1
"""
NEXT = {
    StaleReason.FLEETFEED_STOPPED: (
        "the last check is too long ago; next: see that the schedule still runs `fleetfeed run`"
    ),
    StaleReason.EXPORTER_STOPPED: "the last check found an old export; next: see that the exporter still runs",
}
CONCERNS = {
    Concern.REFUSED: "an export is refused; next: correct it, or what the feed declares",
    Concern.HELD: (
        "what is loaded counts as truncated; next: a complete export, or `fleetfeed run` with --accept-incomplete"
    ),
    Concern.NEW_STATUSES: "the feed never had them; next: name them in closed_statuses or open_statuses of the feed",
}


def freshness_of(db: Database, feed: str, checked_after: timedelta | None = None) -> dict[str, Any]:
    """Return how fresh a feed is now; `checked_after` overrides the feed's own setting."""
    found: dict[str, Any] = db.one(_JUDGED, [feed, checked_after])
    return found


def public_freshness_of(db: Database, feed: str) -> dict[str, Any]:
    """Return the same for a login that may only read the map."""
    found: dict[str, Any] = db.one(_SHOWN, [feed])
    return found


def concerns(db: Database, feed: str, *, details: bool = True) -> dict[str, str]:
    """Return what needs attention, by kind, as sentences; `details` needs access to the schema `tickets`."""
    found: dict[str, str] = {}
    for name in map(
        Concern, db.one(f"SELECT {'tickets.concerns' if details else 'reporting.fn_concerns'}(%s)", [feed])
    ):
        detail = db.one(_DETAILS[name], [feed]) if details else None
        sentence = CONCERNS[name]
        if name is Concern.REFUSED and details:
            sentence = sentence.replace("an export", db.one(_WHICH, [feed]) or "an export", 1)
        found[name] = f"{sentence} ({detail})" if detail else sentence
    return found
