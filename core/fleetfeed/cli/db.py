"""`fleetfeed db`: the embedded server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Start or stop the project's embedded PostgreSQL, or show its status.")


@app.command()
def start(ctx: typer.Context) -> None:
    """Start the embedded server; the first start creates it."""
    context: Context = ctx.obj
    project = context.load()
    typer.echo(f"running: {project.access.start()}")
    if project.loaded.settings.database.url is not None and not project.access.is_embedded:
        where = project.loaded.origin["database.url"].name
        logs.log(logs.WARNING, f"no other command uses it: {where} names another database", event="warning")


@app.command()
def stop(ctx: typer.Context) -> None:
    """Stop the embedded server; its data stays."""
    context: Context = ctx.obj
    context.load().access.server.stop()
    typer.echo("stopped")


@app.command()
@only_prints
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show whether the embedded server runs, its version, its URL, and where its data is."""
    context: Context = ctx.obj
    access = context.load().access
    server = access.server
    pid = server.pid
    row = {
        "running": pid is not None,
        "version": server.version,
        "data": str(server.data),
        "log": str(server.log),
        "pid": pid,
        "url": access.embedded_url if pid else None,
    }
    if as_json:
        print_json(server=row)
        return
    for name, value in row.items():
        typer.echo(f"{name:<9}{'-' if value in (None, '') else value}")
