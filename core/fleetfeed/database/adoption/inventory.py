"""The inventory of the earlier program's objects, read from the catalogue. Anything else in their place is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fleetfeed.database.adoption.shapes import SHARED, SNAPSHOT, Shape, tickets
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import ColumnType, columns_of
from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed

ASIDE = "as_built"  # the schema of the old objects while the new ones are made
RESOLVER = "tickets.resolve_geom"  # the only function that has no successor of its name
_FUNCTIONS = ("tickets.eat_ts", "tickets.capture_history", "reporting.fn_tickets_for_map", RESOLVER)
_NAMED = """
SELECT c.oid, c.relkind::text, n.nspname || '.' || c.relname, c.oid::regclass::text, pg_get_userbyid(c.relowner)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname || '.' || c.relname = ANY(%(names)s)
UNION ALL
SELECT p.oid, 'f', n.nspname || '.' || p.proname,
    format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
    pg_get_userbyid(p.proowner)
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname || '.' || p.proname = ANY(%(names)s)
ORDER BY 4
"""
_KEY = "SELECT pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE conrelid = %s AND contype = 'p'"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the earlier program; `feed` is set for a feed's own table."""

    oid: int
    name: str
    owner: str
    columns: Mapping[str, ColumnType]
    feed: Feed | None
    shape: Shape

    @property
    def extra(self) -> dict[str, ColumnType]:
        """The columns that the earlier program did not have, or computed."""
        return {name: found for name, found in self.columns.items() if name not in self.shape.types}

    @property
    def view(self) -> str:
        """The temporary view of its rows as the new table has them: see rows.py."""
        return f"pg_temp.{quoted(f'old_{self.name}')}"


class Object(NamedTuple):
    """What the catalogue says of an object: `kind` is its relkind, or f; `label` is its name with the arguments."""

    oid: int
    kind: str
    name: str
    label: str
    owner: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The old objects to replace; `core`: the core's own objects do not exist yet."""

    tables: Sequence[Table]
    views: Sequence[Object]
    functions: Sequence[Object]
    core: bool

    @property
    def relations(self) -> dict[int, str]:
        """The oids and names of views and tables, in the order in which readers lock them."""
        tables = {table.oid: f"tickets.{quoted(table.name)}" for table in self.tables}
        return {view.oid: view.label for view in self.views} | tables


def survey(db: Database, feeds: Iterable[Feed], *, core: bool) -> Survey | None:
    """Find the earlier program's objects; None if there are none. Raises DatabaseError if one is not as it was.

    With `core` (no migration was applied yet) all of them are searched; otherwise only those of feeds that are declared
    for the first time.
    """
    adopted = {f"tickets.{feed.name}": feed for feed in feeds if core or _is_as_built(db, feed)}
    kinds = dict.fromkeys(adopted, "r")
    for feed in adopted.values():
        kinds |= {f"tickets.{feed.name}_daily_snapshot": "r", f"tickets.{feed.name}_open_sla": "v"}
        kinds |= {f"reporting.fn_{feed.name}_dashboard": "f"}
    if core:
        kinds |= {f"tickets.{name}": "r" for name in SHARED} | dict.fromkeys(_FUNCTIONS, "f")
    found = [Object(*row) for row in db.all(_NAMED, {"names": [*kinds]})]
    if others := [item.label for item in found if item.kind != kinds[item.name]]:
        raise DatabaseError(
            f"{', '.join(others)} is not what the earlier program had under this name.",
            next_step="Rename it or move it to another schema, then run `fleetfeed migrate` again.",
        )
    tables = [_table(db, item, adopted.get(item.name)) for item in found if item.kind == "r"]
    tables.sort(key=lambda table: table.feed is None)  # lock in the order of a run, which writes tickets first
    views, functions = ([item for item in found if item.kind == kind] for kind in "vf")
    return Survey(tables, views, functions, core) if found else None


def _is_as_built(db: Database, feed: Feed) -> bool:
    """Whether a table has the feed's name, but was not made by `migrate`."""
    found = columns_of(db, f"tickets.{quoted(feed.name)}")
    known = db.one("SELECT count(*) FROM tickets.feed_schemas WHERE feed = %s", [feed.name])
    return "raw" in found and "source_digest" not in found and not known


def _table(db: Database, found: Object, feed: Feed | None) -> Table:
    """Read a table. Raises DatabaseError if it is not as the earlier program made it."""
    name = found.name.removeprefix("tickets.")
    shape = tickets(feed) if feed else SHARED.get(name, SNAPSHOT)
    columns = columns_of(db, found.label)
    types = {column: spelt.type.rpartition(".")[2] for column, spelt in columns.items()}
    wrong = [
        f"{column} is {types.get(column, 'missing')} instead of {wanted}"
        for column, wanted in shape.types.items()
        if types.get(column) != wanted
    ]
    if feed and not wrong:
        wrong += ["no PRIMARY KEY (ticket_id)"] * (db.one(_KEY, [found.oid]) != "PRIMARY KEY (ticket_id)")
        bad = f"SELECT count(*) FROM {found.label} WHERE jsonb_typeof(raw) IS DISTINCT FROM 'object'"
        wrong += [f"{count:,} row{'s' * (count > 1)} whose raw is no JSON object" for (count,) in db.all(bad) if count]
    if wrong:
        raise DatabaseError(
            f"{found.name} is not as the earlier program made it, so its rows cannot be kept: {', '.join(wrong)}.",
            next_step="Correct that, or move the table to another schema; then run `fleetfeed migrate` again.",
        )
    return Table(found.oid, name, found.owner, columns, feed, shape)
