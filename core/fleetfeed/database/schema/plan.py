"""Compares a feed's table in the catalogue with its declaration; lists and applies the missing steps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from fleetfeed.database.connection import Database
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import TableColumn, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.states import StepKind


@dataclass(frozen=True, slots=True)
class Step:
    """One change to the database; `destructive` steps lose data and need --allow-destructive."""

    kind: StepKind
    about: str  # follows the word of its kind in messages
    sql: str = ""
    rewrites: bool = False
    destructive: bool = False
    rows: int | None = None  # affected, if counted
    seconds: float | None = None  # for which readers are locked out, if that can be estimated
    by_hand: bool = False  # not done: an administrator has to run its SQL

    @property
    def what(self) -> str:
        """The step as text."""
        return f"{self.kind} {self.about}"


class ColumnType(NamedTuple):
    """A column's type and generation expression, as the catalogue spells them."""

    type: str
    expression: str | None


_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid)
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum) AND a.attgenerated <> ''
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_TRIGGER = (
    "SELECT pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'resolve_place'"
)
_INDEXES = "SELECT pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid = %s::regclass ORDER BY 1"
_INDEX_BODIES = """
SELECT relname, regexp_replace(pg_get_indexdef(indexrelid), '^.*? USING ', '')
FROM pg_catalog.pg_index JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass(%s)
"""
_EXISTS = "SELECT to_regclass(%s) IS NOT NULL"


def plan(db: Database, feed: Feed) -> list[Step]:
    """List the missing steps; an empty list means that the table is as declared."""
    postgis = db.postgis
    if not db.one(_EXISTS, [table(feed)]):
        steps = [Step(StepKind.CREATE, f"table {table(feed)}", tables.create_table(feed, postgis))]
    else:
        steps = _column_steps(db, feed, postgis)
    return [*steps, *_trigger_steps(db, feed), *_index_steps(db, feed, postgis)]


def picture(db: Database, feed: Feed) -> str:
    """Digest the catalogue's description of the feed's table; it changes when the table is altered."""
    name = table(feed)
    if not db.one(_EXISTS, [name]):
        return ""
    found = [db.all(_COLUMNS, [name]), db.one(_TRIGGER, [name]), db.all(_INDEXES, [name])]
    return hashlib.sha256(repr(found).encode()).hexdigest()


@contextmanager
def readers_first(db: Database) -> Iterator[None]:
    """Open a transaction that waits only 5 seconds for a lock, so that readers go first."""
    with db.transaction():
        db.execute("SET LOCAL lock_timeout = '5s'")
        yield


def apply(db: Database, steps: Iterable[Step]) -> None:
    """Apply steps in the open transaction."""
    for step in steps:
        db.execute(step.sql)


def _column_steps(db: Database, feed: Feed, postgis: str) -> list[Step]:
    found, wanted = columns_of(db, table(feed)), _wanted(db, feed, postgis)
    declared = {column.name: column for column in tables.columns(feed, postgis)}
    steps = []
    added = [declared[name] for name in wanted if name not in found]
    if added:  # in one statement: each stored column would rewrite the table
        body = ", ".join(f"ADD COLUMN {column.ddl}" for column in added)
        names = ", ".join(column.name for column in added)
        rewrites = any(column.generated for column in added)
        steps.append(
            Step(StepKind.ADD, f"column {names} to {table(feed)}", f"ALTER TABLE {table(feed)} {body}", rewrites)
        )
    for name in (name for name in wanted if name in found and found[name] != wanted[name]):
        steps.append(_changed(feed, declared[name], found[name], wanted[name]))
    for name in (name for name in found if name not in wanted):
        sql = f"ALTER TABLE {table(feed)} DROP COLUMN {quoted(name)}"
        steps.append(Step(StepKind.DROP, f"column {name} of {table(feed)}", sql, destructive=True))
    return steps


def _changed(feed: Feed, column: TableColumn, was: ColumnType, will_be: ColumnType) -> Step:
    about = f"column {column.name} of {table(feed)} from {_spelt(was)} to {_spelt(will_be)}"
    name = quoted(column.name)
    if column.generated or was.expression:
        sql = f"ALTER TABLE {table(feed)} DROP COLUMN {name}, ADD COLUMN {column.ddl}"
    else:
        sql = f"ALTER TABLE {table(feed)} ALTER COLUMN {name} TYPE {column.type} USING {name}::{column.type}"
    return Step(StepKind.CHANGE, about, sql, rewrites=True, destructive=True)


def _spelt(column: ColumnType) -> str:
    return f"{column.type} ({column.expression})" if column.expression else column.type


def _trigger_steps(db: Database, feed: Feed) -> list[Step]:
    wanted = tables.create_trigger(feed)
    found = db.one(_TRIGGER, [table(feed)]) if db.one(_EXISTS, [table(feed)]) else None
    # pg_get_triggerdef() prints the same text as create_trigger(), except for unnecessary quotes.
    if found is None:
        return [Step(StepKind.CREATE, f"trigger resolve_place on {table(feed)}", wanted)]
    if found.replace('"', "") == wanted.replace('"', ""):
        return []
    drop = f"DROP TRIGGER resolve_place ON {table(feed)}"
    again = f"UPDATE {table(feed)} SET location_key = location_key"  # resolves every ticket's place again
    sql = f"{drop}; {wanted}; {again}"
    return [Step(StepKind.REPLACE, f"trigger resolve_place on {table(feed)}", sql, rewrites=True)]


def _index_steps(db: Database, feed: Feed, postgis: str) -> Iterator[Step]:
    found, declared = dict(db.all(_INDEX_BODIES, [table(feed)])), tables.indexes(feed)
    with db.transaction(keep=False):  # as with columns, compare PostgreSQL's own spellings
        db.execute(tables.create_table(feed, postgis, "wanted"))
        for sql in declared.values():
            db.execute(sql.replace(f" ON {table(feed)} ", " ON pg_temp.wanted ", 1))
        wanted = dict(db.all(_INDEX_BODIES, ["pg_temp.wanted"]))
    for name, sql in declared.items():
        if name not in found:
            yield Step(StepKind.CREATE, f"index {name}", sql)
        elif found[name] != wanted[name]:
            # IF EXISTS: dropping a column in an earlier step drops its index.
            yield Step(StepKind.REPLACE, f"index {name}", f"DROP INDEX IF EXISTS tickets.{quoted(name)}; {sql}")
    for name in sorted(found.keys() & tables.optional_indexes(feed) - declared.keys()):
        yield Step(StepKind.DROP, f"index {name}", f"DROP INDEX IF EXISTS tickets.{quoted(name)}")


def columns_of(db: Database, name: str) -> dict[str, ColumnType]:
    """Return the columns of a table, as the catalogue spells them; empty if there is no such table."""
    return {column: ColumnType(*rest) for column, *rest in db.all(_COLUMNS, [name])}


def _wanted(db: Database, feed: Feed, postgis: str) -> dict[str, ColumnType]:
    """Return the declared columns in PostgreSQL's spelling, read from a table that is rolled back."""
    with db.transaction(keep=False):
        db.execute(tables.create_table(feed, postgis, "wanted"))
        return columns_of(db, "pg_temp.wanted")
