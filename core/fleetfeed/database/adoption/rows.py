"""Rows of an old table become rows of the contract's table of that name; what has no place there is kept beside it."""

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
    """Count the rows that cannot be carried over: without a key, or with one that another row has.

    They end up in the temporary table `left_out` by their place (ctid), which nothing moves meanwhile.
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


def count_homeless(db: Database, table: Table, shape: Shape, schema: str, *also: str) -> int:
    """Count the rows that `keep_homeless` would keep."""
    found = db.one(f"SELECT count(*) FROM {_old(table, schema)} {_homeless(shape, also)}")
    return int(found)


def count_respelt(db: Database, table: Table, schema: str) -> int:
    """Count the tickets whose `raw` is not what an export would give."""
    found = db.one(f"SELECT count(*) FROM {_old(table, schema)} WHERE {NOT_AS_EXPORTED.format('o.raw')}")
    return int(found)


def unkeyed(db: Database, table: Table) -> list[str]:
    """Say which tickets no key tells apart, or have no `raw`: how many, and the first few."""
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


def homeless_columns(db: Database, table: Table, shape: Shape, schema: str) -> list[str]:
    """Name the columns that hold what the contract has no place for."""
    if not shape.homeless:
        return []
    checks = ", ".join(f"coalesce(bool_or({condition}), false)" for condition in shape.homeless.values())
    found = db.all(f"SELECT {checks} FROM {_old(table, schema)}")[0]
    return [name for name, holds in zip(shape.homeless, found, strict=True) if holds]


def keep_homeless(db: Database, table: Table, shape: Shape, schema: str, *also: str) -> int:
    """Keep, in a table of their own, the rows that hold what the contract has no place for; count them."""
    count = count_homeless(db, table, shape, schema, *also)
    if count:
        plain = [name for name, found in table.columns.items() if found.expression is None]
        columns = ", ".join(f"o.{quoted(name)}" for name in plain if not (table.feed and name == "raw"))
        name = f"tickets.{quoted(f'as_built_{table.name}')}"
        db.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {_old(table, schema)} {_homeless(shape, also)}")
        db.execute(f"COMMENT ON TABLE {name} IS {literal(_NOTE.format(f'tickets.{table.name}'))}")
    return count


def read_otherwise(db: Database, table: Table, schema: str) -> dict[str, int]:
    """Count, per generated column, the rows in which it has another value than before."""
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
    """Insert the rows that are not left out, each value cast to its column's type; count them."""
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


def _homeless(shape: Shape, also: tuple[str, ...]) -> str:
    left_out = "EXISTS (SELECT FROM pg_temp.left_out AS l WHERE l.place = o.ctid)"
    return f"WHERE {' OR '.join([left_out, *shape.homeless.values(), *also])}"
