"""A feed as it was after one of its loads."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleetfeed.database.errors import asking
from fleetfeed.database.schema.derived.asof import unknown_columns
from fleetfeed.database.schema.tables import closed, is_open, quoted
from fleetfeed.feed import Feed
from fleetfeed.states import AsOfBy

if TYPE_CHECKING:
    from fleetfeed.database import Database


@dataclass(frozen=True, slots=True)
class AsOf:
    """The load after which a feed is given back."""

    run: int
    export: str | None
    loaded_at: datetime
    exported_at: datetime | None

    def table(self, feed: Feed) -> str:
        """Return the call that gives the table's rows."""
        return f"tickets.{quoted(f'{feed.name}_asof')}({self.run})"

    def document(self, feed: Feed) -> dict[str, Any]:
        """Return what a document says of the past: the load, and what is not known of it."""
        return {**asdict(self), "unknown": unknown_columns(feed), "places": "today"}


def find_load(db: Database, feed: Feed, at: datetime | None, by: AsOfBy, run: int | None) -> AsOf:
    """Find the last load at a time, inclusive, or the named one. Raises InvalidArgument before the first."""
    with asking():
        found = db.connection.execute("SELECT * FROM tickets.load_at(%s, %s, %s, %s)", [feed.name, at, by, run])
        return AsOf(*found.fetchall()[0])


def counts(db: Database, feed: Feed, asof: AsOf) -> dict[str, Any]:
    """Count the tickets of then: open, closed and absent ones, and each status."""
    total, opened, closed_ones, absent, by_status = db.all(
        f"WITH was AS MATERIALIZED (SELECT * FROM {asof.table(feed)}) SELECT count(*), "
        f"count(*) FILTER (WHERE {is_open(feed)}), count(*) FILTER (WHERE {closed(feed)}), "
        f"count(*) FILTER (WHERE NOT {closed(feed)} AND absent_since IS NOT NULL), "
        "(SELECT coalesce(json_object_agg(status, n ORDER BY n DESC, status), '{}') FROM "
        f"(SELECT coalesce({quoted(feed.roles.status)}, '(none)') AS status, count(*) AS n FROM was GROUP BY 1) AS s) "
        "FROM was"
    )[0]
    return {"tickets": total, "open": opened, "closed": closed_ones, "absent": absent, "by_status": by_status}


def ticket(db: Database, feed: Feed, asof: AsOf, ticket_id: str) -> dict[str, Any] | None:
    """Return a ticket's cells of then, and since when it was absent; None if it did not exist yet."""
    found = db.all(f"SELECT raw, absent_since FROM {asof.table(feed)} WHERE ticket_id = %s", [ticket_id])
    return {"ticket_id": ticket_id, "raw": found[0][0], "absent_since": found[0][1]} if found else None


def map_document(db: Database, feed: Feed, asof: AsOf, at: datetime | None) -> Any:
    """Return the map's GeoJSON of then; ages are those at a time, else at the load."""
    sql = "SELECT reporting.fn_tickets_for_map_at(%s, %s, p_limit => 100000, p_run => %s)"
    return db.one(sql, [at, feed.name, asof.run])
