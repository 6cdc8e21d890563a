"""`fleetfeed plugins`: what is loaded, from where, with which hooks, and what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import written
from fleetfeed.cli.output.streams import answers
from fleetfeed.errors import PluginError

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.plugins.loading import Plugin


@answers
def plugins(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False
) -> None:
    """List the plugins that were found: name, what it declares, hooks, and where it lies. Exits 2 if one is broken."""
    from fleetfeed.hookspecs import API_VERSION
    from fleetfeed.plugins.loading import Plugin
    from fleetfeed.stages import STAGES
    from fleetfeed.text.redact import redact

    context: Context = ctx.obj
    found = context.load().plugins
    core = [Plugin(f"core.{name}", "fleetfeed", module) for name, module in STAGES.items()]
    rows = [*map(_row, core), *map(_row, found.found.values())]
    if as_json:
        typer.echo(written(api_version=API_VERSION, plugins=rows, faults=found.faults))
    else:
        for line in [*map(_line, rows), *(f"BROKEN: {fault}" for fault in found.faults)]:
            typer.echo(redact(line))
        typer.echo(f"The hooks are of version {API_VERSION}; docs/plugins.md tells of each.")
    if found.faults or any(row["error"] for row in rows):
        raise typer.Exit(PluginError.exit_code)


def _line(row: dict[str, Any]) -> str:
    note = f" (shadows {row['shadows']})" if row["shadows"] else ""
    if row["error"]:
        return f"{row['name']:<16} BROKEN: {row['error']}{note}"
    told = (("feed " if row["feed"] else "") + ", ".join(row["hooks"])).strip() or "nothing"
    return f"{row['name']:<16} {told:<24} {row['origin']}{note}"


def _row(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "origin": plugin.origin,
        "feed": plugin.feed is not None,
        "hooks": plugin.hooks,
        "shadows": plugin.shadows or None,
        "error": plugin.error or None,
    }
