"""The status of a feed: what is loaded, how old that is, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fleetfeed.database.connection import SNAPSHOT
from fleetfeed.database.ledger.runs import NOT_REPLAY
from fleetfeed.database.schema.tables import closed, is_open, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.geocoding.report import standing
from fleetfeed.monitoring.freshness import concerns
from fleetfeed.runtime.clock import Clock

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.geo import Geocoder

_OVERDUE = "SELECT count(*) FROM tickets.{}_open_sla WHERE sla_state = 'overdue'"
_FRESHNESS = "SELECT to_json(data_as_of), freshness FROM tickets.freshness(%s, now())"
_RUN = f"""
SELECT row_to_json(r) FROM (
    SELECT run_id, outcome, started_at, finished_at, floor(extract(epoch FROM now() - finished_at) / 60) AS age_minutes,
        error
    FROM tickets.import_runs WHERE feed = %s AND {NOT_REPLAY} ORDER BY run_id DESC LIMIT 1
) AS r
"""
_EXPORTS = "SELECT state, count(*) FROM tickets.exports WHERE feed = %s GROUP BY 1 ORDER BY 1"
_ARCHIVE = """
SELECT count(*), coalesce(sum(size), 0)::bigint FROM (
    SELECT DISTINCT archived_key, size FROM tickets.exports WHERE feed = %s AND archived_key IS NOT NULL
) AS archived
"""
REJECTS = "SELECT count(*) FROM tickets.rejects WHERE feed = %s AND resolved_at IS NULL"
# Tables with their indexes: the feed's own, and those that all feeds share.
_SIZES = """
SELECT c.relname, pg_catalog.pg_total_relation_size(c.oid) FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = 'tickets'::regnamespace AND c.relkind = 'r' AND strpos(c.relname, '__') = 0 AND NOT EXISTS (
    SELECT FROM tickets.feed_schemas AS s
    WHERE s.feed <> %s AND c.relname IN (s.feed, s.feed || '_daily_snapshot')
)
ORDER BY 2 DESC, 1
"""

_UNUSED = """
SELECT s.feed, m.metadata ->> 'loaded_at' FROM tickets.feed_schemas AS s LEFT JOIN tickets.import_meta AS m USING (feed)
WHERE s.feed <> ALL (%s) AND s.feed = coalesce(%s, s.feed)
    AND to_regclass(format('tickets.%%I', s.feed)) IS NOT NULL
ORDER BY 1
"""


def overview(db: Database, feed: Feed, limits: Mapping[str, Geocoder]) -> dict[str, Any]:
    """Return the status of a feed from one snapshot of the database, as plain JSON."""
    with db.transaction():
        db.execute(SNAPSHOT)
        data_as_of, freshness = db.all(_FRESHNESS, [feed.name])[0]
        exports, size = db.all(_ARCHIVE, [feed.name])[0]
        return {
            "feed": feed.name,
            **counted(db, feed),
            "freshness": freshness,
            "concerns": concerns(db, feed.name),
            "data_as_of": data_as_of,
            "last_run": db.one(_RUN, [feed.name]),
            "rejects": db.one(REJECTS, [feed.name]),
            "exports": dict(db.all(_EXPORTS, [feed.name])),
            "archive": {"exports": exports, "bytes": size},
            "table_bytes": dict(db.all(_SIZES, [feed.name])),
            "geocoding": standing(db, feed, limits, Clock()),
        }


def unused(db: Database, used: Iterable[str], only: str | None = None) -> list[dict[str, Any]]:
    """List the tables of feeds (or of one) that are no longer used; their rows stay."""
    if not db.one("SELECT to_regclass('tickets.feed_schemas') IS NOT NULL"):
        return []
    found = []
    for feed, loaded_at in db.all(_UNUSED, [list(used), only]):
        name = f"tickets.{quoted(feed)}"
        rows = db.one(f"SELECT count(*) FROM {name}")
        found.append({"feed": feed, "table": name.replace('"', ""), "rows": rows, "loaded_at": loaded_at})
    return found


def counted(db: Database, feed: Feed) -> dict[str, int]:
    """Count a feed's tickets, by the same definitions as the map and the dashboard."""
    rows, open_, absent, mapped = db.all(
        f"SELECT count(*), count(*) FILTER (WHERE {is_open(feed)}), "
        f"count(*) FILTER (WHERE NOT {closed(feed)} AND absent_since IS NOT NULL), "
        f"count(*) FILTER (WHERE geom IS NOT NULL) FROM {table(feed)}"
    )[0]
    overdue = db.one(_OVERDUE.format(feed.name))
    return {"rows": rows, "open": open_, "overdue": overdue, "open_absent": absent, "mapped": mapped}
