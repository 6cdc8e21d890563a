"""`fleetfeed plugins`: which plugins are loaded, from where and with which hooks, and which cannot be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import PluginError

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.plugins.loading import Plugin


@only_prints
def plugins(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List all plugins: name, what each declares, hooks, and where it is. Exits 2 if one is broken."""
    from fleetfeed.hookspecs import API_VERSION
    from fleetfeed.plugins.loading import Plugin
    from fleetfeed.stages import STAGES
    from fleetfeed.text.redact import redact

    context: Context = ctx.obj
    found = context.load().plugins
    core = [Plugin(f"core.{name}", "fleetfeed", module) for name, module in STAGES.items()]
    rows = [*map(_row, core), *map(_row, found.found.values())]
    if as_json:
        print_json(api_version=API_VERSION, plugins=rows, faults=found.faults)
    else:
        for line in [*map(_line, rows), *(f"BROKEN: {fault}" for fault in found.faults)]:
            typer.echo(redact(line))
        typer.echo(f"The hooks are of version {API_VERSION}; docs/plugins.md describes them.")
    if found.faults or any(row["error"] for row in rows):
        raise typer.Exit(PluginError.exit_code)


def _line(row: dict[str, Any]) -> str:
    note = f" (shadows {row['shadows']})" if row["shadows"] else ""
    if row["error"]:
        return f"{row['name']:<16} BROKEN: {row['error']}{note}"
    declares = (("feed " if row["feed"] else "") + ", ".join(row["hooks"])).strip() or "nothing"
    return f"{row['name']:<16} {declares:<24} {row['origin']}{note}"


def _row(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "origin": plugin.origin,
        "feed": plugin.feed is not None,
        "hooks": plugin.hooks,
        "shadows": plugin.shadows or None,
        "error": plugin.error or None,
    }
