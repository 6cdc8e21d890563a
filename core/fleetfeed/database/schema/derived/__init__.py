"""What derives from a feed beside its table: snapshot, view and functions, made of the templates of this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from fleetfeed.database.connection import Database
from fleetfeed.database.schema.derived.fragments import render
from fleetfeed.database.schema.lock_retry import shortly
from fleetfeed.database.schema.plan import Step
from fleetfeed.feed import Feed
from fleetfeed.states import StepKind

# In the order in which they build on each other: template, kind, name as the catalogue reads it.
OBJECTS = (
    ("daily_snapshot.sql", "table", "tickets.{}_daily_snapshot"),
    ("open_sla.sql", "view", "tickets.{}_open_sla"),
    ("capture_history.sql", "function", "tickets.{}_capture_history(timestamptz)"),
    ("map.sql", "function", "tickets.{}_map(text, text, integer)"),
    ("dashboard.sql", "function", "tickets.{}_dashboard(text, text, text, timestamptz, timestamptz)"),
    ("fn_dashboard.sql", "function", "reporting.fn_{}_dashboard(text, text, text, timestamptz, timestamptz)"),
)
# What the catalogue says of an object: it changes when anyone alters or drops it. A table's rows are not ours to make
# anew, so only its being there counts.
_PICTURE = {
    "table": "md5('table' || substr(to_regclass(%s)::text, 1, 0))",
    "view": "md5(pg_get_viewdef(to_regclass(%s)))",
    # Not by to_regprocedure(): whoever loads has no business in `reporting`, and it would be refused there.
    "function": """(
        SELECT md5(pg_get_functiondef(p.oid)) FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname IN ('tickets', 'reporting') AND n.nspname || '.' || p.proname || '(' || replace(
            oidvectortypes(p.proargtypes), 'timestamp with time zone', 'timestamptz') || ')' = %s
    )""",
}
_APPLIED = "SELECT objects FROM tickets.feed_schemas WHERE feed = %s"
_VIEW_GRANTS = """
SELECT format('GRANT %%s ON %%s TO %%s%%s', privilege_type, c.oid::regclass, coalesce(quote_ident(rolname), 'PUBLIC'),
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) LEFT JOIN pg_catalog.pg_roles r ON r.oid = grantee
WHERE c.oid = to_regclass(%s) AND grantee <> relowner
"""


@dataclass(frozen=True, slots=True)
class Derived:
    """Describe one object as it should be."""

    kind: str
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """Digest its text."""
        return hashlib.md5(self.sql.encode(), usedforsecurity=False).hexdigest()


def objects(feed: Feed, postgis: str) -> list[Derived]:
    """List what derives from a feed, in the order in which it can be made."""
    return [Derived(kind, name.format(feed.name), render(file, feed, postgis)) for file, kind, name in OBJECTS]


class ReadSide:
    """Compare what derives from a feed with what is there; remembers who could read the view before it is dropped."""

    def __init__(self, db: Database, feed: Feed) -> None:
        self._db, self._feed = db, feed
        self._view = f"tickets.{feed.name}_open_sla"
        self._grants = [sql for (sql,) in db.all(_VIEW_GRANTS, [self._view])]

    def steps(self) -> list[Step]:
        """List what is missing, declared anew, or was altered by hand."""
        applied = self._db.one(_APPLIED, [self._feed.name]) or {}
        wanted = objects(self._feed, self._db.postgis)
        found = _pictures(self._db, wanted)
        return [
            self._step(item, there=bool(found[item.name]))
            for item in wanted
            if not found[item.name] or (item.kind != "table" and applied.get(item.name) != _mark(item, found))
        ]

    def make_room(self, steps: list[Step]) -> list[Step]:
        """Put before steps the one that drops the view, if it is in their way or made anew; `steps` makes it again.

        The view first, as its readers lock it first. Then one that waits for it may hold the table already: it must not
        be taken for a deadlock, which could end either.
        """
        is_there = bool(self._db.one("SELECT to_regclass(%s)", [self._view]))
        if not is_there or not (any(step.destructive for step in steps) or self._is_replaced()):
            return steps
        sql = f"DROP VIEW {self._view}; SET LOCAL lock_timeout = '{shortly(self._db) * 1000:.0f}ms'"
        return [Step(StepKind.DROP, f"view {self._view}, to be made again", sql), *steps]

    def enter(self) -> None:
        """Write down what is there now."""
        wanted = objects(self._feed, self._db.postgis)
        found = _pictures(self._db, wanted)
        marks = orjson.dumps({item.name: _mark(item, found) for item in wanted}).decode()
        sql = "UPDATE tickets.feed_schemas SET objects = %s::jsonb WHERE feed = %s AND objects <> %s::jsonb"
        self._db.execute(sql, [marks, self._feed.name, marks])

    def _is_replaced(self) -> bool:
        return any(step.kind is StepKind.REPLACE and step.about == f"view {self._view}" for step in self.steps())

    def _step(self, item: Derived, *, there: bool) -> Step:
        sql = [item.sql.rstrip().rstrip(";")]
        if item.kind == "view":  # CREATE OR REPLACE VIEW takes no other columns
            sql = [f"DROP VIEW IF EXISTS {item.name}", *sql, *self._grants]
        if item.kind == "function":
            sql.append(f"REVOKE ALL ON FUNCTION {item.name} FROM PUBLIC")
        return Step(StepKind.REPLACE if there else StepKind.CREATE, f"{item.kind} {item.name}", ";\n".join(sql))


def _pictures(db: Database, wanted: Iterable[Derived]) -> dict[str, str | None]:
    items = list(wanted)
    found = db.all(f"SELECT {', '.join(_PICTURE[item.kind] for item in items)}", [item.name for item in items])[0]
    return {item.name: picture for item, picture in zip(items, found, strict=True)}


def _mark(item: Derived, found: dict[str, str | None]) -> str:
    return f"{item.digest} {found[item.name]}"
