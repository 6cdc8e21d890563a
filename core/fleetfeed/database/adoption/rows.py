"""Copies the rows of old tables to the contract's; values that cannot be mapped are kept in separate tables."""

from __future__ import annotations

from fleetfeed.database.adoption.inventory import Table
from fleetfeed.database.adoption.mapping import NOT_AS_EXPORTED, Shape
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.tables import literal, quoted

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attnotnull AND a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END
FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
_IDENTITY = "SELECT pg_get_serial_sequence(%s, %s)"
_NOTE = "What adoption found in the earlier program's {} and fleetfeed has no column for. Nothing reads it."


def find_left_out(db: Database, table: Table, shape: Shape, schema: str) -> int:
    """Count the rows that cannot be copied: without a key, or with the key of another row.

    Their ctids are stored in the temporary table `left_out`; the old rows do not move meanwhile.
    """
    db.execute("DROP TABLE IF EXISTS pg_temp.left_out")
    db.execute("CREATE TEMP TABLE left_out (place tid) ON COMMIT DROP")
    if not shape.prefer:
        return 0
    columns = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in shape.columns.items())
    prefer = [part for part in shape.prefer if part.split()[0] in shape.columns] or ["place"]
    unkeyed = " OR ".join(f"{part} IS NULL" for part in shape.key)
    return db.execute(
        f"INSERT INTO pg_temp.left_out SELECT place FROM (SELECT place, {unkeyed} AS unkeyed, row_number() OVER "
        f"(PARTITION BY {', '.join(shape.key)} ORDER BY {', '.join(prefer)}) AS number "
        f"FROM (SELECT o.ctid AS place, {columns} FROM {_old(table, schema)} {shape.join}) AS o) AS ranked "
        "WHERE unkeyed OR number > 1"
    ).rowcount


def count_leftovers(db: Database, table: Table, shape: Shape, schema: str, *also: str) -> int:
    """Count the rows that `keep_leftovers` would keep."""
    found = db.one(f"SELECT count(*) FROM {_old(table, schema)} {_leftovers(shape, also)}")
    return int(found)


def count_respelt(db: Database, table: Table, schema: str) -> int:
    """Count the tickets whose `raw` is not as loaded from an export."""
    found = db.one(f"SELECT count(*) FROM {_old(table, schema)} WHERE {NOT_AS_EXPORTED.format('o.raw')}")
    return int(found)


def unkeyed(db: Database, table: Table) -> list[str]:
    """Return the problems of tickets with missing or duplicate keys, or without `raw`: counts and examples."""
    name = f"tickets.{quoted(table.name)}"
    checks = {
        "no ticket_id": f"SELECT ctid::text FROM {name} WHERE ticket_id IS NULL",
        "a ticket_id that another row has": f"SELECT ticket_id FROM {name} WHERE ticket_id IS NOT NULL "
        "GROUP BY 1 HAVING count(*) > 1",
        "no document in raw": f"SELECT coalesce(ticket_id, ctid::text) FROM {name} "
        "WHERE jsonb_typeof(raw::jsonb) IS DISTINCT FROM 'object'",
    }
    found = {
        what: db.all(f"SELECT count(*), (array_agg(key ORDER BY key))[:3] FROM ({sql}) AS t (key)")[0]
        for what, sql in checks.items()
    }
    return [
        f"{count:,} with {what} ({', '.join(some)}{', …' * (count > 3)})"
        for what, (count, some) in found.items()
        if count
    ]


def leftover_columns(db: Database, table: Table, shape: Shape, schema: str) -> list[str]:
    """List the columns with values that cannot be mapped."""
    if not shape.leftovers:
        return []
    checks = ", ".join(f"coalesce(bool_or({condition}), false)" for condition in shape.leftovers.values())
    found = db.all(f"SELECT {checks} FROM {_old(table, schema)}")[0]
    return [name for name, holds in zip(shape.leftovers, found, strict=True) if holds]


def keep_leftovers(db: Database, table: Table, shape: Shape, schema: str, *also: str) -> int:
    """Copy rows with values that cannot be mapped to a table of their own; return their number."""
    count = count_leftovers(db, table, shape, schema, *also)
    if count:
        plain = [name for name, found in table.columns.items() if found.expression is None]
        columns = ", ".join(f"o.{quoted(name)}" for name in plain if not (table.feed and name == "raw"))
        name = f"tickets.{quoted(f'as_built_{table.name}')}"
        db.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {_old(table, schema)} {_leftovers(shape, also)}")
        db.execute(f"COMMENT ON TABLE {name} IS {literal(_NOTE.format(f'tickets.{table.name}'))}")
    return count


def read_otherwise(db: Database, table: Table, schema: str) -> dict[str, int]:
    """Return, per generated column, the number of rows whose value has changed."""
    new = f"tickets.{quoted(table.name)}"
    there = {name for name, *_ in db.all(_COLUMNS, [new])}
    names = [name for name, found in table.columns.items() if found.expression and name in there and name != "geog"]
    if not names:
        return {}
    checks = ", ".join(
        f"count(*) FILTER (WHERE o.{quoted(n)}::text IS DISTINCT FROM n.{quoted(n)}::text)" for n in names
    )
    counts = db.all(f"SELECT {checks} FROM {_old(table, schema)} JOIN {new} AS n USING (ticket_id)")[0]
    return {name: count for name, count in zip(names, counts, strict=True) if count}


def carry(db: Database, table: Table, shape: Shape, schema: str) -> int:
    """Insert the rows that are not left out, each value cast to its column's type; return their number."""
    new = f"tickets.{quoted(table.name)}"
    wanted = {name: (kind, default) for name, kind, default in db.all(_COLUMNS, [new])}
    values = []
    for name, expression in shape.columns.items():
        kind, default = wanted[name]
        value = f"({expression})::{kind}"
        values.append(f"coalesce({value}, {default})" if default else value)
    count = db.execute(
        f"INSERT INTO {new} ({', '.join(map(quoted, shape.columns))}) OVERRIDING SYSTEM VALUE "
        f"SELECT {', '.join(values)} FROM {_old(table, schema)} {shape.join} "
        f"WHERE NOT EXISTS (SELECT FROM pg_temp.left_out AS l WHERE l.place = o.ctid)"
    ).rowcount
    for name in shape.columns:
        if sequence := db.one(_IDENTITY, [new, name]):
            db.execute(f"SELECT setval({literal(sequence)}, max({quoted(name)})) FROM {new} HAVING count(*) > 0")
    return count


def _old(table: Table, schema: str) -> str:
    return f"{schema}.{quoted(table.name)} AS o"


def _leftovers(shape: Shape, also: tuple[str, ...]) -> str:
    left_out = "EXISTS (SELECT FROM pg_temp.left_out AS l WHERE l.place = o.ctid)"
    return f"WHERE {' OR '.join([left_out, *shape.leftovers.values(), *also])}"
