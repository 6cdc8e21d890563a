"""The plan of an adoption."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from fleetfeed.database.adoption import dependents, grants, indexes, owners, places, rows
from fleetfeed.database.adoption.inventory import Survey, Table
from fleetfeed.database.adoption.mapping import Shape
from fleetfeed.database.connection import Database
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.states import StepKind

# Estimates, measured with INC's 22 typed columns on two slow cores.
TICKETS_PER_SECOND = 10_000
OTHERS_PER_SECOND = 60_000
AT_LEAST = 1.0  # seconds: the migrations themselves
GROWTH = 1.7  # the new tables have a lower fillfactor


def steps(db: Database, survey: Survey, shapes: Mapping[str, Shape], also: list[Step]) -> list[Step]:
    """List all steps of the adoption. Raises DatabaseError if objects of others depend on replaced ones."""
    refuse_if_built_on(db, survey)
    with db.transaction(keep=False):
        places.make_keys(db, survey.tables, "tickets")
        find_owners(db, survey, shapes, "tickets")
        new = _new_columns(survey, shapes)
        found = [step for table in survey.tables for step in _kept(db, table, shapes[table.name], new[table.name])]
    found += _objects(survey)
    there = {name: sql for table in survey.tables if table.feed for name, sql in tables.indexes(table.feed).items()}
    found += indexes.steps(indexes.find(db, survey), new, there)
    wanted, everybody = grants.find(db, survey)
    found += [Step(StepKind.DROP, what) for what in dependents.belongings(db, survey)]
    found += [Step(StepKind.GRANT, f"{item}, as before") for item in wanted]
    found += [
        Step(StepKind.NOTE, f"that not everybody can call {name} any more: name who reads in [database] reader_roles")
        for name in everybody
    ]
    found += [
        Step(StepKind.NOTE, f"that {name} names a replaced object: test it afterwards")
        for name in dependents.naming(db, survey)
    ]
    captures = (
        f"history of feed {table.feed.name}: closures that are not in tickets.closure_events yet, and today's "
        f"backlog in tickets.{table.feed.name}_daily_snapshot"
        for table in survey.tables
        if table.feed
    )
    return [
        *found,
        *also,
        *(Step(StepKind.CAPTURE, about) for about in captures),
        *_left_alone(db, survey),
        _lock(survey),
    ]


def refuse_if_built_on(db: Database, survey: Survey) -> None:
    """Check that no objects of others would break. Raises DatabaseError, which names all of them."""
    if found := dependents.built_on(db, survey):
        raise DatabaseError(
            f"Objects of others depend on what adoption replaces: {'; '.join(found)}.",
            next_step="Save the definition of each (pg_dump --schema-only, or pg_get_viewdef), drop it, run `fleetfeed "
            "migrate`, and create it again: the columns of docs/database.md are there then.",
        )


def find_owners(db: Database, survey: Survey, shapes: Mapping[str, Shape], schema: str) -> None:
    """Find the feed of each row that names none. Raises DatabaseError if it is not certain."""
    unnamed = [table for table in survey.tables if table.name in ("closure_events", "import_meta")]
    known = unnamed[0].owners.tables if unnamed else ()
    owners.find_holders(db, known, {table.name for table in survey.tables}, schema)
    for table in unnamed:
        known_as = shapes[table.name]
        owners.refuse_unowned(db, table.name, known_as.columns["feed"], known_as.join, schema)


def copied(table: Table, count: int, why: str) -> Step:
    """Return the step for rows that are also kept in a table of their own."""
    about = f"{_rows(count)} of tickets.{table.name} to tickets.as_built_{table.name}: {why}"
    return Step(StepKind.COPY, about, rows=count)


def read_otherwise(table: Table, column: str, count: int) -> Step:
    """Return the step for a typed column with changed values."""
    about = f"that {column} reads otherwise than before in {_rows(count)} of tickets.{table.name}; raw is as it was"
    return Step(StepKind.NOTE, about, rows=count)


def _kept(db: Database, table: Table, shape: Shape, new: Collection[str]) -> Iterator[Step]:
    left_out = rows.find_left_out(db, table, shape, "tickets")
    many = table.rows - left_out
    what = ", ".join(f"{old} becomes {new}" for old, new in shape.renamed.items())
    if table.feed:
        what = "ticket_id, raw and ingested_at as they are; typed columns and places are computed again"
    yield Step(
        StepKind.KEEP, f"{_rows(many)} of tickets.{table.name}{': ' * bool(what)}{what}", rewrites=True, rows=many
    )
    if table.feed and (count := rows.count_respelt(db, table, "tickets")):
        what = f"raw in {_rows(count)} of tickets.{table.name} as in an export: no nulls, no empty texts, "
        yield Step(StepKind.RESPELL, f"{what}and all else as text", rows=count)
    if count := rows.count_leftovers(db, table, shape, "tickets"):
        why = ["their key is missing, or another row has it"] * bool(left_out)
        names = rows.leftover_columns(db, table, shape, "tickets")
        why += [
            _why(name, is_new=name in new, is_point=quoted(name) in shape.columns.get("geom", "")) for name in names
        ]
        yield copied(table, count, "; ".join(why))
    for name, column in table.columns.items():
        if column.expression and name not in {*new, *shape.used}:
            yield Step(StepKind.DROP, f"column {name} of tickets.{table.name}, which was computed: {column.expression}")


def _why(column: str, *, is_new: bool, is_point: bool) -> str:
    """Return why a column's values are leftovers."""
    if is_point:
        return f"{column} has another place than geom"
    return f"{column} is computed now" if is_new else f"{column} has no column any more"


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _new_columns(survey: Survey, shapes: Mapping[str, Shape]) -> dict[str, list[str]]:
    """Return the columns that each table will have, as far as known."""
    return {
        table.name: [column.name for column in tables.columns(table.feed, "")]
        if table.feed
        else [*shapes[table.name].columns]
        for table in survey.tables
    }


def _objects(survey: Survey) -> Iterator[Step]:
    for view in survey.views:
        yield Step(StepKind.RECREATE, f"view tickets.{view.name} with the columns that docs/database.md lists")
    for item in survey.functions:
        if f"{item.schema}.{item.name}" in survey.made:
            yield Step(StepKind.RECREATE, f"function {item.label} with the arguments that docs/database.md lists")
        else:
            yield Step(StepKind.DROP, f"function {item.label}: the trigger resolve_place takes its part")
    for trigger in survey.triggers:
        yield Step(StepKind.DROP, f"trigger {trigger.name} on tickets.{trigger.table}")


def _left_alone(db: Database, survey: Survey) -> Iterator[Step]:
    if not survey.core:
        return
    ours = {table.name for table in survey.tables}
    for (name,) in db.all("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'tickets' ORDER BY 1"):
        if name not in ours:
            yield Step(StepKind.LEAVE, f"tickets.{name} as it is: no feed of fleetfeed.toml has this name")
    if db.one("SELECT to_regclass('public.schema_migrations') IS NOT NULL"):
        yield Step(StepKind.LEAVE, "public.schema_migrations as it is: fleetfeed does not read it")


def _lock(survey: Survey) -> Step:
    seconds = AT_LEAST + sum(
        table.rows / (TICKETS_PER_SECOND if table.feed else OTHERS_PER_SECOND) for table in survey.tables
    )
    size = max(1.0, sum(table.size for table in survey.tables) / 1e6)
    time = f"about {seconds:,.0f} s (an estimate, at {TICKETS_PER_SECOND:,} tickets a second)"
    room = f"{size * GROWTH:,.0f} MB of disk beside these {size:,.0f} MB"
    about = f"all of these, for readers too, for {time}, in one transaction that needs {room}"
    return Step(StepKind.LOCK, about, seconds=round(seconds, 1))
