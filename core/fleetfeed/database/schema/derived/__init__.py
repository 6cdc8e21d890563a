"""A feed's snapshot table, view and functions, made from the templates of this folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from fleetfeed.database.connection import Database
from fleetfeed.database.schema.derived.fragments import fragments, render
from fleetfeed.database.schema.lock_retry import short_timeout
from fleetfeed.database.schema.plan import Step
from fleetfeed.feed import Feed
from fleetfeed.states import StepKind

# Template, kind, name as the catalogue spells it; in order of dependency.
OBJECTS = (
    ("daily_snapshot.sql", "table", "tickets.{}_daily_snapshot"),
    ("open_sla.sql", "view", "tickets.{}_open_sla"),
    ("observe.sql", "function", "tickets.{}_observe(bigint, timestamptz, boolean)"),
    ("attribute_past.sql", "function", "tickets.{}_attribute_past(boolean)"),
    ("unfinished.sql", "function", "tickets.{}_unfinished()"),
    ("capture_history.sql", "function", "tickets.{}_capture_history(timestamptz)"),
    ("map.sql", "function", "tickets.{}_map(text, text, integer)"),
    ("dashboard.sql", "function", "tickets.{}_dashboard(text, text, text, timestamptz, timestamptz)"),
    ("fn_dashboard.sql", "function", "reporting.fn_{}_dashboard(text, text, text, timestamptz, timestamptz)"),
    ("ticket.sql", "function", "reporting.fn_{}_ticket(text)"),
    ("bursts.sql", "function", "tickets.{}_bursts(integer, double precision, integer, double precision)"),
    ("fn_bursts.sql", "function", "reporting.fn_{}_bursts(integer, double precision, integer, double precision)"),
    ("dispatch.sql", "function", "reporting.fn_{}_dispatch()"),
    ("asof.sql", "function", "tickets.{}_asof(bigint)"),
    ("map_at.sql", "function", "tickets.{}_map_at(bigint, timestamptz, text, text, integer, jsonb)"),
    ("nearest.sql", "function", "reporting.fn_{}_nearest(double precision, double precision, integer)"),
    ("nearest_units.sql", "function", "reporting.fn_{}_nearest_units(text, integer)"),
    ("teams.sql", "function", "reporting.fn_{}_teams(text, text, timestamptz, timestamptz)"),
)
# A digest of the catalogue's description of an object, which changes when the object is altered or dropped. Of a table
# only its existence counts: it holds rows that cannot be made again.
_PICTURE = {
    "table": "md5('table' || substr(to_regclass(%s)::text, 1, 0))",
    "view": "md5(pg_get_viewdef(to_regclass(%s)))",
    # Not to_regprocedure(): it fails for the loader role, which has no rights on `reporting`. Compared by parts, for
    # the catalogue's index: the cost of a feed must not grow with the number of feeds.
    "function": """(
        SELECT md5(pg_get_functiondef(p.oid)) FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = %s AND p.proname = %s
            AND replace(oidvectortypes(p.proargtypes), 'timestamp with time zone', 'timestamptz') = %s
    )""",
}
# History was captured before this fleetfeed could attribute it.
_UNATTRIBUTED = "SELECT EXISTS (SELECT FROM tickets.captures WHERE feed = %s AND attributed_since IS NULL)"
_APPLIED = "SELECT objects FROM tickets.feed_schemas WHERE feed = %s"
_VIEW_GRANTS = """
SELECT format('GRANT %%s ON %%s TO %%s%%s', privilege_type, c.oid::regclass, coalesce(quote_ident(rolname), 'PUBLIC'),
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) LEFT JOIN pg_catalog.pg_roles r ON r.oid = grantee
WHERE c.oid = to_regclass(%s) AND grantee <> relowner
"""


@dataclass(frozen=True, slots=True)
class Derived:
    """One object as it should be."""

    kind: str
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """The digest of its SQL."""
        return hashlib.md5(self.sql.encode(), usedforsecurity=False).hexdigest()


def objects(feed: Feed, postgis: str) -> list[Derived]:
    """List what derives from a feed, in the order of creation."""
    known = fragments(feed, postgis)
    return [Derived(kind, name.format(feed.name), render(file, known)) for file, kind, name in OBJECTS]


class ReadSide:
    """Compare what derives from a feed with the catalogue; keeps the grants on the view before it is dropped."""

    def __init__(self, db: Database, feed: Feed) -> None:
        self._db, self._feed = db, feed
        self._view = f"tickets.{feed.name}_open_sla"
        self._grants = [sql for (sql,) in db.all(_VIEW_GRANTS, [self._view])]

    def steps(self) -> list[Step]:
        """List steps for what is missing, was declared differently, or was altered by hand."""
        applied = self._db.one(_APPLIED, [self._feed.name]) or {}
        wanted = objects(self._feed, self._db.postgis)
        found = _pictures(self._db, wanted)
        steps = [
            self._step(item, there=bool(found[item.name]))
            for item in wanted
            if not found[item.name] or (item.kind != "table" and applied.get(item.name) != _mark(item, found))
        ]
        if self._db.one(_UNATTRIBUTED, [self._feed.name]):
            sql = f"SELECT tickets.{self._feed.name}_attribute_past(false)"
            steps.append(Step(StepKind.CAPTURE, f"the teams of closures of feed {self._feed.name}", sql))
        return steps

    def drop_view_first(self, steps: list[Step]) -> list[Step]:
        """Prepend a step that drops the view, if it blocks the steps or is replaced; `steps` creates it again.

        The view goes first, as readers lock it first. Afterwards lock waits are shorter than the deadlock timeout, so
        that a reader which holds the table and waits for the view is not ended as a deadlock.
        """
        is_there = bool(self._db.one("SELECT to_regclass(%s)", [self._view]))
        if not is_there or not (any(step.destructive for step in steps) or self._is_replaced()):
            return steps
        sql = f"DROP VIEW {self._view}; SET LOCAL lock_timeout = '{short_timeout(self._db) * 1000:.0f}ms'"
        return [Step(StepKind.DROP, f"view {self._view}, to be made again", sql), *steps]

    def record(self) -> None:
        """Record the state of the objects."""
        wanted = objects(self._feed, self._db.postgis)
        found = _pictures(self._db, wanted)
        marks = orjson.dumps({item.name: _mark(item, found) for item in wanted}).decode()
        sql = "UPDATE tickets.feed_schemas SET objects = %s::jsonb WHERE feed = %s AND objects <> %s::jsonb"
        self._db.execute(sql, [marks, self._feed.name, marks])

    def _is_replaced(self) -> bool:
        return any(step.kind is StepKind.REPLACE and step.about == f"view {self._view}" for step in self.steps())

    def _step(self, item: Derived, *, there: bool) -> Step:
        sql = [item.sql.rstrip().rstrip(";")]
        if item.kind == "view":  # CREATE OR REPLACE VIEW cannot change columns
            sql = [f"DROP VIEW IF EXISTS {item.name}", *sql, *self._grants]
        if item.kind == "function":
            sql.append(f"REVOKE ALL ON FUNCTION {item.name} FROM PUBLIC")
        return Step(StepKind.REPLACE if there else StepKind.CREATE, f"{item.kind} {item.name}", ";\n".join(sql))


def _pictures(db: Database, wanted: Iterable[Derived]) -> dict[str, str | None]:
    items = list(wanted)
    values = [value for item in items for value in (_signature(item.name) if item.kind == "function" else [item.name])]
    found = db.all(f"SELECT {', '.join(_PICTURE[item.kind] for item in items)}", values)[0]
    return {item.name: picture for item, picture in zip(items, found, strict=True)}


def _signature(function: str) -> list[str]:
    """Return schema, name and types of a function's name with its types."""
    name, _, types = function.removesuffix(")").partition("(")
    return [*name.split("."), types]


def _mark(item: Derived, found: dict[str, str | None]) -> str:
    return f"{item.digest} {found[item.name]}"
