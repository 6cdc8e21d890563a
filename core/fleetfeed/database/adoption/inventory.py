"""The inventory of the earlier program's objects, read from the catalogue, as installations differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from fleetfeed.database.adoption.owners import Owners, look_at_tables
from fleetfeed.database.connection import Database
from fleetfeed.database.schema import derived
from fleetfeed.database.schema.plan import ColumnType, columns_of
from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed

_MADE = re.compile(r"^CREATE (?:OR REPLACE )?(TABLE|VIEW|FUNCTION) (?:IF NOT EXISTS )?(tickets|reporting)\.(\w+)", re.M)
_RELATIONS = """
SELECT c.oid, c.relname, c.relkind::text, pg_total_relation_size(c.oid) FROM pg_catalog.pg_class c
WHERE c.relnamespace = to_regnamespace('tickets') AND c.relname = ANY(%s) ORDER BY c.relname
"""
# The trigger function that resolves places is recognised by what it does: it runs before each row and uses `geom`.
_FUNCTIONS = """
SELECT p.oid, n.nspname, p.proname, format('%%I.%%I(%%s)', n.nspname, p.proname,
    pg_get_function_identity_arguments(p.oid)), p.oid::regprocedure::text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname IN ('tickets', 'reporting') AND (n.nspname || '.' || p.proname = ANY(%s)
    OR p.prosrc ~* '\\mgeom\\M' AND p.oid IN (SELECT tgfoid FROM pg_catalog.pg_trigger
        WHERE tgrelid = ANY(%s) AND NOT tgisinternal AND tgtype & 3 = 3))
ORDER BY 4
"""
_TRIGGERS = """
SELECT t.tgname, c.relname, c.oid = ANY(%s) FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE t.tgfoid = ANY(%s) AND NOT t.tgisinternal AND c.relnamespace = to_regnamespace('tickets') ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the earlier program; `feed` is set for a feed's own table."""

    oid: int
    name: str
    rows: int
    size: int = field(compare=False)
    columns: Mapping[str, ColumnType]
    feed: Feed | None
    owners: Owners = field(default_factory=Owners)


class Function(NamedTuple):
    """A function; `label` has the names of its arguments, `signature` only their types."""

    oid: int
    schema: str
    name: str
    label: str
    signature: str


class Trigger(NamedTuple):
    """A trigger; those on tables that are not adopted have to be dropped by name."""

    name: str
    table: str
    on_adopted: bool


class View(NamedTuple):
    """A view; a materialised one cannot be locked."""

    oid: int
    name: str
    materialised: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """The old objects to replace; `made` are the names of the new ones.

    `core`: these include the core's own objects.
    """

    tables: tuple[Table, ...]
    views: tuple[View, ...]
    functions: tuple[Function, ...]
    triggers: tuple[Trigger, ...]
    made: frozenset[str]
    core: bool

    @property
    def locked(self) -> list[str]:
        """The relations to lock. Materialised views cannot be locked, and nobody writes to them."""
        materialised = {view.oid for view in self.views if view.materialised}
        beside = {f"tickets.{quoted(item.table)}": None for item in self.triggers if not item.on_adopted}
        return [*(name for oid, name in self.relations.items() if oid not in materialised), *beside]

    @property
    def relations(self) -> dict[int, str]:
        """The oids and qualified names of views and tables, in the order in which readers lock them."""
        named = [*((view.oid, view.name) for view in self.views), *((table.oid, table.name) for table in self.tables)]
        return {oid: f"tickets.{quoted(name)}" for oid, name in named}


def survey(db: Database, migrations: Path, feeds: Sequence[Feed], owners: Owners, *, core: bool) -> Survey | None:
    """Find the earlier program's objects; None if there are none.

    With `core` (no migration was applied yet) all names of the contract are searched; otherwise only the tables of
    feeds that are declared for the first time.
    """
    adopted = [feed for feed in feeds if core or _is_as_built(db, feed)]
    own = {kind: {name for k, name in _made(migrations) if k == kind} for kind in ("TABLE", "VIEW", "FUNCTION")}
    made = {kind: names if core else set() for kind, names in own.items()}
    made["TABLE"] |= {f"tickets.{feed.name}" for feed in adopted}
    for _, kind, name in derived.OBJECTS:
        made[kind.upper()] |= {name.partition("(")[0].format(feed.name) for feed in adopted}
    tables, views = _relations(db, made["TABLE"], made["VIEW"], {feed.name: feed for feed in adopted})
    tables.sort(key=lambda table: table.feed is None)  # lock in the order of a run, which writes tickets first
    owners = look_at_tables(db, owners)
    tables = [replace(table, owners=owners) for table in tables]
    oids = [table.oid for table in tables]
    functions = tuple(Function(*row) for row in db.all(_FUNCTIONS, [sorted(made["FUNCTION"]), oids]))
    if not core:
        functions = tuple(item for item in functions if f"{item.schema}.{item.name}" not in own["FUNCTION"])
    triggers = db.all(_TRIGGERS, [oids, [function.oid for function in functions]])
    if not (tables or views or functions):
        return None
    names = frozenset().union(*made.values())
    return Survey(tuple(tables), tuple(views), functions, tuple(Trigger(*row) for row in triggers), names, core)


def _made(migrations: Path) -> list[tuple[str, str]]:
    """List what the migrations create: kind and qualified name."""
    texts = (path.read_text(encoding="utf-8") for path in sorted((migrations / "sql").glob("*.sql")))
    return [(kind, f"{schema}.{name}") for text in texts for kind, schema, name in _MADE.findall(text)]


def _is_as_built(db: Database, feed: Feed) -> bool:
    """Whether a table has the feed's name, but was not made by `migrate`."""
    found = columns_of(db, f"tickets.{quoted(feed.name)}")
    known = db.one("SELECT count(*) FROM tickets.feed_schemas WHERE feed = %s", [feed.name])
    return "raw" in found and "source_digest" not in found and not known


def _relations(
    db: Database, tables: set[str], views: set[str], feeds: Mapping[str, Feed]
) -> tuple[list[Table], list[View]]:
    """Find tables and views with the contract's names. Raises DatabaseError for other kinds of objects."""
    found_tables, found_views = [], []
    names = [name.removeprefix("tickets.") for name in (*tables, *views)]
    for oid, name, kind, size in db.all(_RELATIONS, [names]):
        full = f"tickets.{quoted(name)}"
        if kind == "r" and f"tickets.{name}" in tables:
            rows = db.one(f"SELECT count(*) FROM {full}")
            found_tables.append(Table(oid, name, rows, size, columns_of(db, full), feeds.get(name)))
        elif kind in "vm" and f"tickets.{name}" in views:
            found_views.append(View(oid, name, kind == "m"))
        else:
            raise DatabaseError(
                f"tickets.{name} is neither a plain table nor a view as the earlier program had it.",
                next_step="Rename it or move it to another schema, then run again.",
            )
    return found_tables, found_views
