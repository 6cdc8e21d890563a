"""The plan of an adoption."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleetfeed.database.adoption.dependents import naming
from fleetfeed.database.adoption.grants import Grant
from fleetfeed.database.adoption.inventory import RESOLVER, Survey, Table
from fleetfeed.database.adoption.shapes import NOT_AS_EXPORTED
from fleetfeed.database.connection import Database
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.tables import quoted
from fleetfeed.states import StepKind

# Estimates, measured with INC's 22 typed columns on two slow cores.
ROWS_PER_SECOND = 10_000
AT_LEAST = 1.0  # seconds: the migrations themselves
GROWTH = 1.7  # the new tables have a lower fillfactor
_SIZE = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM unnest(%s::oid[]) AS t (oid)"


def steps(
    db: Database, survey: Survey, grants: Iterable[Grant], indexes: Iterable[Step], also: Iterable[Step]
) -> list[Step]:
    """List all steps of the adoption."""
    kept = [step for table in survey.tables for step in _kept(db, table)]
    named = naming(db, survey)
    return [
        *kept,
        *_objects(survey),
        *indexes,
        *(grant.step for grant in grants),
        *(Step(StepKind.NOTE, f"that {name} names a replaced object: test it afterwards") for name in named),
        *also,
        *(_captured(table.feed.name) for table in survey.tables if table.feed),
        *_left_alone(db, survey),
        _lock(db, survey, sum(step.rows or 0 for step in kept if step.rewrites)),
    ]


def copied(table: Table, count: int, why: str) -> Step:
    """Return the step for rows that are also kept in a table of their own."""
    about = f"{_rows(count)} of tickets.{table.name} to tickets.as_built_{table.name}: {why}"
    return Step(StepKind.COPY, about, rows=count)


def _kept(db: Database, table: Table) -> Iterator[Step]:
    many, left_out, aside = db.all(
        "SELECT count(*) FILTER (WHERE NOT left_out), count(*) FILTER (WHERE left_out), "
        f"count(*) FILTER (WHERE left_out OR leftovers <> '{{}}') FROM {table.view}"
    )[0]
    about = f"{_rows(many)} of tickets.{table.name}: {table.shape.about}"
    yield Step(StepKind.KEEP, about, rewrites=True, rows=many)
    old = f"tickets.{quoted(table.name)} AS o"
    if table.feed and (respelt := db.one(f"SELECT count(*) FROM {old} WHERE {NOT_AS_EXPORTED}")):
        about = f"raw in {_rows(respelt)} of tickets.{table.name} as in an export: no nulls, no empty texts, "
        yield Step(StepKind.RESPELL, f"{about}and all else as text", rows=respelt)
    if aside:
        names = db.all(f"SELECT DISTINCT unnest(leftovers) FROM {table.view} ORDER BY 1")
        why = ["their key is missing, or another row has it"] * bool(left_out)
        yield copied(table, aside, "; ".join([*why, *(f"{name} has no column any more" for (name,) in names)]))
    new = [column.name for column in tables.columns(table.feed, "")] if table.feed else []
    for name, column in table.extra.items():
        if column.expression and name not in new:
            yield Step(StepKind.DROP, f"column {name} of tickets.{table.name}, which was computed: {column.expression}")


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _objects(survey: Survey) -> Iterator[Step]:
    for view in survey.views:
        yield Step(StepKind.RECREATE, f"view {view.name} with the columns that docs/database.md lists")
    for item in survey.functions:
        if item.name == RESOLVER:
            about = f"function {item.label}, and its triggers: the trigger resolve_place takes its part"
            yield Step(StepKind.DROP, about)
        else:
            yield Step(StepKind.RECREATE, f"function {item.label} with the arguments that docs/database.md lists")


def _captured(feed: str) -> Step:
    about = "closures that are not in tickets.closure_events yet, and today's backlog in"
    return Step(StepKind.CAPTURE, f"history of feed {feed}: {about} tickets.{feed}_daily_snapshot")


def _left_alone(db: Database, survey: Survey) -> Iterator[Step]:
    if not survey.core:
        return
    ours = {table.name for table in survey.tables}
    for (name,) in db.all("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'tickets' ORDER BY 1"):
        if name not in ours:
            yield Step(StepKind.LEAVE, f"tickets.{name} as it is: no feed of fleetfeed.toml has this name")
    if db.one("SELECT to_regclass('public.schema_migrations') IS NOT NULL"):
        yield Step(StepKind.LEAVE, "public.schema_migrations as it is: fleetfeed does not read it")


def _lock(db: Database, survey: Survey, rows: int) -> Step:
    seconds = AT_LEAST + rows / ROWS_PER_SECOND
    size = max(1.0, float(db.one(_SIZE, [[table.oid for table in survey.tables]])) / 1e6)
    time = f"about {seconds:,.0f} s (an estimate, at {ROWS_PER_SECOND:,} rows a second)"
    room = f"{size * GROWTH:,.0f} MB of disk beside these {size:,.0f} MB"
    about = f"all of these, for readers too, for {time}, in one transaction that needs {room}"
    return Step(StepKind.LOCK, about, seconds=round(seconds, 1))
