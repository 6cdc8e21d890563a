"""`fleetfeed export`: a feed as other programs read it, on stdout."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.streams import answers, is_lost
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed


@answers
def export(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    as_map: Annotated[bool, typer.Option("--map", help="Tickets as GeoJSON, newest first, with a summary.")] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="The dashboard's JSON document of the last 7 days.")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Every ticket as a line of CSV, safe for spreadsheets.")
    ] = False,
) -> None:
    """Write a feed's tickets to stdout: exactly one of --map, --dashboard and --csv."""
    from fleetfeed.database.schema.current import check, sees_tables

    if as_map + dashboard + as_csv != 1:
        raise typer.BadParameter("say exactly one of --map, --dashboard and --csv", param_hint="--map")
    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    with project.database(f"export {feed}") as db:
        if as_csv or sees_tables(db):
            check(db, project.migrations, declared)
        if as_csv:
            _csv(db, declared)
            return
        called = f"fn_{feed}_dashboard()" if dashboard else "fn_tickets_for_map(%s)"
        payload = db.one(f"SELECT reporting.{called}", None if dashboard else [feed])
    typer.echo(json.dumps(payload, separators=(",", ":")))


def _csv(db: Database, feed: Feed) -> None:
    """Hand line after line on, as it came; on a terminal, without what a terminal would act upon."""
    from fleetfeed.database.csv_export import lines

    shown = sys.stdout.isatty()
    for line in lines(db, feed):
        if is_lost():
            break
        if shown:
            typer.echo(printable(line[:-2].decode()))
        else:
            sys.stdout.buffer.write(line)
    sys.stdout.flush()
