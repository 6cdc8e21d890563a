"""Temporary views of the old rows as the new tables have them, through which both the plan and the copy read them."""

from __future__ import annotations

from collections.abc import Iterable

from fleetfeed.database.adoption.inventory import Table
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import columns_of
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.text.parse import location_key

# The earlier program's ticket tables, including those of undeclared feeds.
_TICKET_TABLES = """
CREATE TEMP TABLE ticket_tables ON COMMIT DROP AS
SELECT c.relname::text AS feed FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = to_regnamespace('tickets') AND c.relkind = 'r' AND a.attname IN ('ticket_id', 'raw')
    AND NOT a.attisdropped
GROUP BY c.oid HAVING count(*) = 2
"""
_OWN = ("place", "leftovers", "left_out")  # columns of a view that are not the contract's
_NAMED_BY = {"closure_events": "ticket_id", "import_meta": "metadata ->> 'source_key'"}


def make(db: Database, tables: Iterable[Table], adopt_as: str | None) -> None:
    """Create the views. Raises DatabaseError for rows of an unknown feed, unless `adopt_as` is that feed."""
    _make_keys(db, tables)
    _make_feeds(db)
    for table in tables:
        sql = f"CREATE TEMP VIEW {quoted(f'old_{table.name}')} AS {_select(table)}"
        feed = literal(adopt_as) if adopt_as else "NULL"
        db.execute(sql.replace("@postgis@", db.postgis).replace("@adopt_as@", feed))
        if table.name in _NAMED_BY:
            _refuse_unowned(db, table, _NAMED_BY[table.name])


def new_columns(db: Database, table: Table) -> list[str]:
    """List the columns that a row is copied to."""
    return [name for name in columns_of(db, table.view) if name not in _OWN]


def _make_keys(db: Database, tables: Iterable[Table]) -> None:
    """Fill `location_keys` in Python, as SQL cannot normalise names like `parse.location_key`."""
    names = set[str]()
    for table in tables:
        if name := table.shape.location:
            names |= {
                text for (text,) in db.all(f"SELECT DISTINCT {name} FROM tickets.{quoted(table.name)} AS o") if text
            }
    db.execute("CREATE TEMP TABLE location_keys (name text, key text) ON COMMIT DROP")
    with db.copy("COPY pg_temp.location_keys FROM STDIN") as copy:
        for text in names:
            copy.write_row((text, location_key(text)))


def _make_feeds(db: Database) -> None:
    """Create the table `ticket_tables`, and the view `ticket_feeds`: the feeds whose table has a ticket."""
    db.execute(_TICKET_TABLES)
    selects = ["SELECT NULL AS feed, NULL AS ticket_id WHERE false"]
    for (name,) in db.all("SELECT feed FROM pg_temp.ticket_tables"):
        selects.append(f"SELECT {literal(name)}, ticket_id FROM tickets.{quoted(name)}")
    db.execute(f"CREATE TEMP VIEW ticket_feeds AS {' UNION ALL '.join(selects)}")


def _select(table: Table) -> str:
    """Return the SQL of a table's rows; in a view it follows the table into another schema.

    `place` is the old row, which does not move meanwhile. `left_out`: its key is missing, or another row has it.
    `leftovers` are the columns whose values have no column any more.
    """
    shape = table.shape
    extra = {name: f"o.{quoted(name)} IS NOT NULL" for name, found in table.extra.items() if not found.expression}
    leftovers = [f"CASE WHEN {sql} THEN {literal(name)} END" for name, sql in {**shape.leftovers, **extra}.items()]
    join = f"LEFT JOIN pg_temp.location_keys AS k ON k.name = {shape.location}" if shape.location else ""
    number = f"row_number() OVER (PARTITION BY {shape.key} ORDER BY {shape.order})"
    left_out = f"num_nulls({shape.key}) > 0 OR {number} > 1" if shape.key else "false"
    return (
        f"SELECT *, {left_out} AS left_out FROM (SELECT o.ctid AS place, {shape.select}, "
        f"array_remove(ARRAY[{', '.join(leftovers)}]::text[], NULL) AS leftovers "
        f"FROM tickets.{quoted(table.name)} AS o {join}) AS n"
    )


def _refuse_unowned(db: Database, table: Table, named_by: str) -> None:
    unowned = f"FROM {table.view} WHERE feed IS NULL"
    count, some = db.all(f"SELECT count(*), (array_agg(DISTINCT {named_by}))[:3] {unowned}")[0]
    if count:
        raise DatabaseError(
            f"The feed of {count:,} row{'s' * (count != 1)} of tickets.{table.name} is unknown, as no feed or several "
            f"have it: {', '.join(map(str, some))}{', …' * (count > len(some))}. Adoption does not guess.",
            next_step="Run `fleetfeed migrate --plan --adopt-as FEED` to give all of these to one feed, or correct or "
            "delete the rows first.",
        )
