"""`fleetfeed plugins`: what is loaded, from where, with which hooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.wiring import Wiring

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.plugins import Plugin


def plugins(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False
) -> None:
    """List the plugins that were found: name, what it declares, hooks, and where it lies."""
    from fleetfeed.plugins import STAGES, Plugin

    context: Context = ctx.obj
    core = [Plugin(f"core.{name}", "fleetfeed", module) for name, module in STAGES.items()]
    rows = [_row(plugin) for plugin in [*core, *Wiring(context.load()).plugins.found.values()]]
    if as_json:
        typer.echo(json.dumps({"schema_version": 1, "plugins": rows}, indent=2))
        return
    for row in rows:
        declares = "feed " if row["feed"] else ""
        told = row["error"] or (declares + ", ".join(row["hooks"])).strip() or "nothing"
        note = f" (shadows {row['shadows']})" if row["shadows"] else ""
        typer.echo(f"{row['name']:<16} {'BROKEN: ' if row['error'] else ''}{told:<24} {row['origin']}{note}")


def _row(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "origin": plugin.origin,
        "feed": plugin.feed is not None,
        "hooks": plugin.hooks,
        "shadows": plugin.shadows or None,
        "error": plugin.error or None,
    }
