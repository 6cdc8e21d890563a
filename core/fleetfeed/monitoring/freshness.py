"""How fresh a feed is: the database's own judgement, which is the map's and the dashboard's too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

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
_DETAILS = {"refused": _REFUSED, "held": _HELD, "new statuses": _NEW}
_WHICH = """
SELECT CASE WHEN counts ? 'piece' THEN format('the next piece (%%s)', source_key) ELSE 'the newest export' END
FROM tickets.import_runs WHERE feed = %s AND (outcome = 'refused' OR counts ? 'refused') ORDER BY run_id DESC LIMIT 1
"""
NEXT = {
    "fleetfeed stopped": "nobody has looked for too long; next: see that the schedule still runs `fleetfeed run`",
    "exporter stopped": "the last look found an old export; next: see that the exporter still runs",
}
CONCERNS = {
    "refused": "an export is refused; next: mend it, or what the feed declares",
    "held": "what is loaded counts as truncated; next: a complete export, or `fleetfeed run` with --accept-incomplete",
    "new statuses": "the feed never had them; next: name them in closed_statuses or open_statuses of the feed",
}


def judged(db: Database, feed: str, checked_after: timedelta | None = None) -> dict[str, Any]:
    """Tell how fresh a feed is now; a limit that is given takes the place of the feed's own `checked_after`."""
    found: dict[str, Any] = db.one(_JUDGED, [feed, checked_after])
    return found


def shown(db: Database, feed: str) -> dict[str, Any]:
    """Tell the same to a reader, as the map shows it."""
    found: dict[str, Any] = db.one(_SHOWN, [feed])
    return found


def concerns(db: Database, feed: str, *, details: bool = True) -> dict[str, str]:
    """Say what needs a look, in sentences; without `details`, which are not for every reader, only of which kind."""
    found = {}
    for name in db.one(f"SELECT {'tickets.concerns' if details else 'reporting.fn_concerns'}(%s)", [feed]):
        told = db.one(_DETAILS[name], [feed]) if details else None
        sentence = CONCERNS[name]
        if name == "refused" and details:
            sentence = sentence.replace("an export", db.one(_WHICH, [feed]) or "an export", 1)
        found[name] = f"{sentence} ({told})" if told else sentence
    return found
