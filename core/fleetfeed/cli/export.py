"""`fleetfeed export`: write a feed to stdout, for other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.csv import write_csv
from fleetfeed.cli.output.streams import only_prints

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context


@only_prints
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
    from fleetfeed.database.csv_export import lines
    from fleetfeed.database.ledger.queries import dashboard_document, map_document
    from fleetfeed.database.schema.current import check, sees_tables

    if as_map + dashboard + as_csv != 1:
        raise typer.BadParameter("give exactly one of --map, --dashboard and --csv", param_hint="--map")
    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    with project.database(f"export {feed}") as db:
        if as_csv or sees_tables(db):
            check(db, project.migrations, declared)
        if as_csv:
            write_csv(lines(db, declared))
            return
        document = dashboard_document(db, feed) if dashboard else map_document(db, feed)
    typer.echo(json.dumps(document, separators=(",", ":")))
