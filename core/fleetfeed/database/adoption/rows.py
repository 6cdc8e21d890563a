"""Copies the rows of old tables to the contract's; what has no place there is kept in separate tables."""

from __future__ import annotations

from fleetfeed.database.adoption.inventory import ASIDE, Table
from fleetfeed.database.adoption.views import new_columns
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed

_NOTE = "What adoption found in the earlier program's {} and fleetfeed has no column for. Nothing reads it."
_IDENTITY = "SELECT setval(pg_get_serial_sequence(%s, 'event_id'), max(event_id)) FROM {} HAVING count(*) > 0"
_PLACES = """
INSERT INTO tickets.geo_locations (cluster, location_key, geom, status, note)
SELECT DISTINCT ON (1, 2) coalesce({cluster}, ''), v.location_key, o.geom, 'ok', {note} FROM {old}
WHERE o.geom IS NOT NULL AND o.geo_source = 'location' AND v.location_key IS NOT NULL
ORDER BY 1, 2, o.ticket_id ON CONFLICT DO NOTHING;
INSERT INTO tickets.geo_clusters (cluster, geom, status, note)
SELECT DISTINCT ON (1) {cluster}, o.geom, 'ok', {note} FROM {old}
WHERE o.geom IS NOT NULL AND o.geo_source = 'cluster' AND {cluster} IS NOT NULL
ORDER BY 1, o.ticket_id ON CONFLICT DO NOTHING
"""
# A ticket's place has changed, and not because the export has coordinates.
LOST = "o.geom IS NOT NULL AND (n.geo_source = 'feed' OR n.geom::text = o.geom::text) IS NOT TRUE"


def carry(db: Database, table: Table) -> None:
    """Insert the rows that are not left out. Raises DatabaseError if some were lost."""
    new, names = f"tickets.{quoted(table.name)}", ", ".join(map(quoted, new_columns(db, table)))
    carried = db.execute(
        f"INSERT INTO {new} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM {table.view} WHERE NOT left_out"
    ).rowcount
    wanted = db.one(f"SELECT count(*) - (SELECT count(*) FROM {table.view} WHERE left_out) FROM {_old(table)}")
    if carried != wanted:
        raise DatabaseError(
            f"Of {wanted:,} rows of tickets.{table.name} only {carried:,} could be copied.",
            next_step="This is a bug in fleetfeed: report it with the output of `fleetfeed migrate --plan`.",
        )
    if table.name == "closure_events":
        db.execute(_IDENTITY.format(new), [new])


def keep_leftovers(db: Database, table: Table) -> int:
    """Copy rows with values that have no column any more, to a table of their own; return how many places were lost."""
    # A feed's `raw` is kept in any case.
    skipped, lost = ("raw", LOST) if table.feed else ("", "false")
    names = [f"o.{quoted(name)}" for name, found in table.columns.items() if not found.expression and name != skipped]
    both = f"{_old(table)} JOIN {table.view} AS v ON v.place = o.ctid"
    if table.feed:
        both += f" JOIN tickets.{quoted(table.name)} AS n ON n.ticket_id = o.ticket_id"
    rows = f"SELECT {', '.join(names)} FROM {both} WHERE left_out OR leftovers <> '{{}}' OR {lost}"
    if db.one(f"SELECT EXISTS ({rows})"):
        name = f"tickets.{quoted(f'as_built_{table.name}')}"
        db.execute(f"CREATE TABLE {name} AS {rows}")
        db.execute(f"COMMENT ON TABLE {name} IS {literal(_NOTE.format(f'tickets.{table.name}'))}")
    return int(db.one(f"SELECT count(*) FROM {both} WHERE {lost}"))


def keep_known_places(db: Database, table: Table, feed: Feed) -> None:
    """Insert places that only tickets have into the gazetteers, so that the next write of a ticket keeps them."""
    cluster = f"nullif(o.raw ->> {literal(feed.roles.cluster or '')}, '')"
    old = f"{_old(table)} JOIN {table.view} AS v ON v.place = o.ctid"
    db.execute(_PLACES.format(cluster=cluster, note=literal("from the earlier program's tickets"), old=old))


def _old(table: Table) -> str:
    return f"{ASIDE}.{quoted(table.name)} AS o"
