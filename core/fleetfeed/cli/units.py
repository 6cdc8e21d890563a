"""`fleetfeed units`: list, import and locate the units that can be sent to tickets."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.cli.output.unit_lines import NO_UNITS, stale, unit_line
from fleetfeed.runtime import logs
from fleetfeed.text.escape import counted, printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.units.roster import Change

app = typer.Typer(no_args_is_help=True, help="List, import and locate the units that can be sent to tickets.")


@app.command("list")
@only_prints
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List all units: where each is, and how old that is."""
    from fleetfeed.database.schema.current import check_revision, sees_tables
    from fleetfeed.units.nearest import UNITS, ask

    context: Context = ctx.obj
    project = context.load()
    age = project.loaded.settings.units.position_max_age
    with project.database("units") as db:
        if sees_tables(db):
            check_revision(db, project.migrations)
        document = ask(db, UNITS)
    if as_json:
        units = [{**unit, "stale": stale(unit, age)} for unit in document["units"]]
        print_json(**document | {"units": units, "position_max_age_seconds": int(age.total_seconds())})
        return
    for unit in document["units"]:
        typer.echo(printable(unit_line(unit, age)))
    if not document["units"]:
        typer.echo(NO_UNITS)


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: unit, team, kind, skills, home_latitude, home_longitude, on_duty, max_tickets, note."
        ),
    ],
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Write; else show exactly what would change.")
    ] = False,
) -> None:
    """Add and change units, all of them or none. Without --apply: show what would change, and write nothing."""
    from fleetfeed.database.schema.current import check_revision
    from fleetfeed.units.roster import compare, read, store

    context: Context = ctx.obj
    project, rows = context.load(), read(file)
    with project.database("units") as db:
        check_revision(db, project.migrations)
        with db.transaction(keep=apply):
            changes = compare(db, rows)
            store(db, changes)
    for change in changes:
        typer.echo(printable(_line(change)))
    new = sum(change.before is None for change in changes)
    typer.echo(f"{new:,} new, {len(changes) - new:,} changed, {len(rows) - len(changes):,} unchanged")
    if changes:
        typer.echo("Written." if apply else "Nothing was written. The same command with --apply writes it.")


@app.command()
def refresh(ctx: typer.Context) -> None:
    """Ask the provider of positions once where units are, and store what is new."""
    from fleetfeed.database.schema.current import check_revision
    from fleetfeed.states import FixOutcome
    from fleetfeed.units.positions import ask, explained, take

    context: Context = ctx.obj
    project = context.load()
    project.access.check()
    positions = ask(project.plugins, project.loaded.settings, project.bucket)
    with project.database("units") as db:
        check_revision(db, project.migrations)
        outcomes = take(db, positions, project.loaded.settings.units.provider)
    quiet = (FixOutcome.TAKEN, FixOutcome.OLDER)  # most are older: providers repeat themselves
    for position, outcome in zip(positions, outcomes, strict=True):
        level = logs.DEBUG if outcome in quiet else logs.WARNING
        if outcome is not FixOutcome.TAKEN:
            logs.log(level, explained(position, outcome), event="position", unit=position.unit, outcome=outcome)
    counts = Counter(outcomes)
    others = "".join(
        f", {counts[outcome]:,} {outcome}" for outcome in FixOutcome if counts[outcome] and outcome != "taken"
    )
    typer.echo(f"{counted(len(positions), 'position')}: {counts[FixOutcome.TAKEN]:,} taken{others}")


@app.command()
def forget(ctx: typer.Context, unit: Annotated[str, typer.Argument(help="A unit's name.")]) -> None:
    """Delete where a unit was: it stands at its home again, until it reports another position."""
    from fleetfeed.database.schema.current import check_revision
    from fleetfeed.units import positions

    context: Context = ctx.obj
    project = context.load()
    with project.database("units") as db:
        check_revision(db, project.migrations)
        was_known = positions.forget(db, unit)
    typer.echo(printable(f"{unit}: {'its position was deleted' if was_known else 'no position was known'}"))


def _line(change: Change) -> str:
    if change.before is None:
        shown = (f"{name} {_shown(new)}" for name, (_, new) in change.fields().items())
        return f"+ {change.after.unit}: {', '.join(shown) or 'nothing else known'}"
    shown = (f"{name} {_shown(old)} → {_shown(new)}" for name, (old, new) in change.fields().items())
    return f"~ {change.after.unit}: {', '.join(shown)}"


def _shown(value: Any) -> str:
    from fleetfeed.geo import Point

    if isinstance(value, Point):
        return f"{value.latitude},{value.longitude}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == () else "; ".join(value) if isinstance(value, tuple) else str(value)
