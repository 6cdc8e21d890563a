"""What commands read of rejects, places, captured history and the published documents."""

from __future__ import annotations

from typing import Any

from fleetfeed.database.connection import Database
from fleetfeed.feed import Feed

_REJECT = ("reject_id", "feed", "record", "line", "ticket_id", "reason", "detail", "times", "first_seen", "last_seen")
_EVIDENCE = ("header", "raw_text", "size", "run_id", "resolved_at", "resolution")
_REJECTS = """
SELECT reject_id, feed, record, line, ticket_id, reason, detail, times, first_seen_at, last_seen_at
FROM tickets.rejects WHERE (%s::text IS NULL OR feed = %s) AND resolved_at IS NULL AND strpos(feed, '__') = 0
ORDER BY last_seen_at DESC, feed, line LIMIT %s
"""
_ONE_REJECT = """
SELECT j.reject_id, j.feed, record, line, ticket_id, reason, detail, times, first_seen_at, last_seen_at,
    coalesce(h.header, j.header), raw_text, size, run_id, resolved_at, resolution
FROM tickets.rejects AS j LEFT JOIN tickets.reject_headers AS h ON h.header_id = j.header_id WHERE j.reject_id = %s
"""
_PLACE = (
    *("cluster", "location", "status", "latitude", "longitude", "precision", "provider", "display_name", "query"),
    *("attempts", "fetched_at", "expires_at", "next_try_at", "note"),
)
_COLUMNS = ", ".join(_PLACE[2:])
_PLACES = f"""
SELECT * FROM (
    SELECT cluster, NULL AS location, {_COLUMNS} FROM tickets.geo_clusters
    UNION ALL SELECT cluster, location_key, {_COLUMNS} FROM tickets.geo_locations
) AS place
WHERE (%s::text IS NULL OR cluster = %s) AND (%s::text IS NULL OR status = %s)
ORDER BY cluster, location NULLS FIRST LIMIT %s
"""
_LAST_CLOSURE = "SELECT coalesce(max(event_id), 0) FROM tickets.closure_events"
_CLOSURES = "SELECT count(*) FROM tickets.closure_events WHERE feed = %s AND event_id > %s"
_TODAY = "SELECT (now() AT TIME ZONE %s)::date::text"
_BACKLOG = """
SELECT coalesce(sum(open_total), 0)::bigint, coalesce(sum(open_actionable), 0)::bigint,
    coalesce(sum(open_overdue), 0)::bigint
FROM tickets.{}_daily_snapshot WHERE snapshot_date = %s::date
"""


def unresolved_rejects(db: Database, feed: str | None, limit: int) -> list[dict[str, Any]]:
    """List unresolved rejects of a feed, or of all, latest first."""
    return [dict(zip(_REJECT, row, strict=True)) for row in db.all(_REJECTS, [feed, feed, limit])]


def reject(db: Database, reject_id: int) -> dict[str, Any] | None:
    """Return one reject with its evidence."""
    rows = db.all(_ONE_REJECT, [reject_id])
    return dict(zip((*_REJECT, *_EVIDENCE), rows[0], strict=True)) if rows else None


def places(db: Database, cluster: str | None, status: str | None, limit: int) -> list[dict[str, Any]]:
    """List places, optionally only of one cluster or status."""
    rows = db.all(_PLACES, [cluster, cluster, status, status, limit])
    return [dict(zip(_PLACE, row, strict=True)) for row in rows]


def last_closure(db: Database) -> int:
    """Return the highest id of a captured closure, or 0."""
    found: int = db.one(_LAST_CLOSURE)
    return found


def captured(db: Database, feed: Feed, after: int) -> dict[str, Any]:
    """Count the closures captured after an event id, and return the backlog captured for the feed's current day."""
    day = db.one(_TODAY, [feed.zone])
    total, actionable, overdue = db.all(_BACKLOG.format(feed.name), [day])[0]
    closures = db.one(_CLOSURES, [feed.name, after])
    backlog = {"total": total, "actionable": actionable, "overdue": overdue}
    return {"day": day, "timezone": feed.zone, "closures": closures, "backlog": backlog}


def map_document(db: Database, feed: str) -> Any:
    """Return the map's GeoJSON of a feed."""
    return db.one("SELECT reporting.fn_tickets_for_map(%s)", [feed])


def dashboard_document(db: Database, feed: str, window: str = "7d") -> Any:
    """Return the dashboard's document of a feed."""
    return db.one(f"SELECT reporting.fn_{feed}_dashboard(p_window => %s)", [window])


def teams_document(db: Database, feed: str, cluster: str | None, window: str) -> dict[str, Any]:
    """Return the document of a feed's teams."""
    found: dict[str, Any] = db.one(f"SELECT reporting.fn_{feed}_teams(%s, %s)", [cluster, window])
    return found


def clusters(db: Database, feed: str) -> list[str]:
    """Return the clusters of a feed's tickets, open and closed."""
    found = db.one("SELECT reporting.fn_tickets_for_map(%s, p_limit => 0) -> 'summary' -> 'by_cluster'", [feed])
    return [*found]
