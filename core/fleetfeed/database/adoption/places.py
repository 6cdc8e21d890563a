"""The keys of locations, and places of tickets that the gazetteers lack."""

from __future__ import annotations

from collections.abc import Iterable

from fleetfeed.database.adoption.inventory import Table
from fleetfeed.database.adoption.mapping import KEYS, location_name
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.text.parse import location_key

_NOTE = literal("from the earlier program's tickets")


def make_keys(db: Database, tables: Iterable[Table], schema: str) -> None:
    """Fill `location_keys` in Python, as SQL cannot normalise names like `parse.location_key`."""
    db.execute("CREATE TEMP TABLE location_keys (name text, key text) ON COMMIT DROP")
    names = [
        f"SELECT {name} AS name FROM {schema}.{quoted(table.name)} AS o"
        for table in tables
        if (name := location_name(table))
    ]
    if not names:
        return
    found = [name for (name,) in db.all(f"SELECT DISTINCT name FROM ({' UNION ALL '.join(names)}) AS n")]
    with db.copy("COPY pg_temp.location_keys FROM STDIN") as copy:
        for name in filter(None, found):
            copy.write_row((name, location_key(name)))


def keep_known_places(db: Database, table: Table, schema: str) -> None:
    """Insert places that only tickets have into the gazetteers, so that the next write of a ticket keeps them."""
    if table.feed is None or not {"geom", "geo_source"} <= {*table.columns}:
        return
    old = f"{schema}.{quoted(table.name)} AS o"
    cluster = f"nullif(o.raw ->> {literal(table.feed.roles.cluster or '')}, '')"
    db.execute(
        "INSERT INTO tickets.geo_locations (cluster, location_key, geom, status, note) "
        f"SELECT DISTINCT ON (1, 2) coalesce({cluster}, ''), k.key, o.geom, 'ok', {_NOTE} "
        f"FROM {old} {KEYS.format(location_name(table))} "
        "WHERE o.geom IS NOT NULL AND o.geo_source = 'location' AND k.key IS NOT NULL "
        "ORDER BY 1, 2, o.ticket_id ON CONFLICT DO NOTHING"
    )
    db.execute(
        "INSERT INTO tickets.geo_clusters (cluster, geom, status, note) "
        f"SELECT DISTINCT ON (1) {cluster}, o.geom, 'ok', {_NOTE} FROM {old} "
        f"WHERE o.geom IS NOT NULL AND o.geo_source = 'cluster' AND {cluster} IS NOT NULL "
        "ORDER BY 1, o.ticket_id ON CONFLICT DO NOTHING"
    )


def lost_place(table: Table) -> list[str]:
    """Return the SQL condition that a ticket's place has changed, without coordinates from the export."""
    if table.feed is None or "geom" not in table.columns:
        return []
    new = f"tickets.{quoted(table.name)} AS n"
    return [
        f"o.geom IS NOT NULL AND NOT EXISTS (SELECT FROM {new} WHERE n.ticket_id = o.ticket_id "
        "AND (n.geo_source = 'feed' OR n.geom::text = o.geom::text))"
    ]
