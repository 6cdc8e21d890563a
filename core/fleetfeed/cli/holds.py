"""`fleetfeed holds`: what a dispatcher decides by hand, until a time and with a reason."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import UsageError
from fleetfeed.states import HoldKind
from fleetfeed.text.escape import printable
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.project import Project

app = typer.Typer(no_args_is_help=True, help="What a dispatcher decides by hand: pins, exclusions, off duty.")
_Feed = Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")]


@app.command("list")
@only_prints
def list_(ctx: typer.Context, feed: _Feed, as_json: AsJson = False) -> None:
    """List the holds that count now."""
    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    with project.database("holds") as db:
        _check(db, project)
        found = db.one("SELECT tickets.holds(%s)", [declared.name])
    if as_json:
        print_json(feed=feed, holds=found)
        return
    for hold in found:
        about = " ".join(str(hold[name]) for name in ("unit", "ticket_id") if hold[name])
        until = moment(hold["until"], ZoneInfo(declared.zone))
        line = f"{hold['hold_id']:>6}  {hold['kind']} {about} until {until}, {hold['by']}: {hold['why']}"
        typer.echo(printable(line))
    if not found:
        typer.echo("No hold counts now.")


@app.command()
def add(
    ctx: typer.Context,
    feed: _Feed,
    kind: Annotated[
        HoldKind,
        typer.Argument(
            help="pin: the unit takes the ticket; not: it does not; off: no ticket for a unit, or no unit for a ticket."
        ),
    ],
    why: Annotated[str, typer.Option(help="The reason, which the plan shows.")],
    unit: Annotated[str | None, typer.Option(help="A unit.")] = None,
    ticket: Annotated[str | None, typer.Option(help="A ticket's id.")] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=8000, help="How long it counts.")] = 8,
) -> None:
    """Pin a unit to a ticket, exclude the pair, or take a unit or a ticket out of plans."""
    from fleetfeed.database.errors import asking
    from fleetfeed.dispatch.inputs import HOLD

    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    until = datetime.now(UTC) + timedelta(hours=hours)
    values = [kind, unit, declared.name, ticket, until, why, _user()]
    with project.database("holds") as db:
        _check(db, project)
        with db.transaction(), asking():
            row = db.connection.execute(HOLD, values).fetchone()
    typer.echo(f"Hold {row[0] if row else ''} counts until {moment(until, ZoneInfo(declared.zone))}.")


@app.command()
def end(ctx: typer.Context, number: Annotated[int, typer.Argument(help="The number of a hold.")]) -> None:
    """End a hold now."""
    from fleetfeed.dispatch.inputs import END_HOLD

    context: Context = ctx.obj
    project = context.load()
    with project.database("holds") as db:
        _check(db, project)
        with db.transaction():
            was_there = db.one(END_HOLD, [number, None])
    if not was_there:
        raise UsageError(f"No hold {number} counts now.", next_step="`fleetfeed holds list FEED` shows them.")
    typer.echo(f"Hold {number} has ended.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, the user may have no name; the exception depends on Python's version
        return f"uid {os.getuid()}"


def _check(db: Database, project: Project) -> None:
    from fleetfeed.database.schema.current import check_revision, sees_tables

    if sees_tables(db):
        check_revision(db, project.migrations)
