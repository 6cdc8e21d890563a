"""`fleetfeed config`: all settings, and where each came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.config.keys import Key
    from fleetfeed.config.loader import Loaded

app = typer.Typer(no_args_is_help=True, help="Show the settings.")


@app.callback()
def config() -> None:
    """Show the settings."""


@app.command()
@only_prints
def show(
    ctx: typer.Context,
    as_json: AsJson = False,
) -> None:
    """Show every setting: its value, where it came from, and the variable that sets it."""
    context: Context = ctx.obj
    loaded = context.load().loaded
    found = list(rows(loaded))
    if as_json:
        print_json(file=str(loaded.path), settings=found, warnings=loaded.warnings)
        return
    typer.echo(f"{loaded.path}\n")
    for line in _aligned(found):
        typer.echo(line)


def rows(loaded: Loaded) -> Iterator[dict[str, Any]]:
    """Yield every setting as plain JSON, with secrets masked."""
    from fleetfeed.config.keys import dotted, leaves
    from fleetfeed.config.variables import variable
    from fleetfeed.text.redact import redacted

    for key, value in leaves(loaded.settings):
        origin = loaded.origin[dotted(key)]
        yield {
            "key": dotted(key),
            "value": redacted(_plain(key, value)),  # a secret may be pasted into any key
            "source": origin.kind,
            "name": origin.name,
            "variable": variable(key),
        }


def _plain(key: Key, value: Any) -> Any:
    from pydantic import SecretStr

    from fleetfeed.config.values import UNITS
    from fleetfeed.config.variables import URL
    from fleetfeed.text.redact import MASK, masked

    if isinstance(value, SecretStr):
        return masked(value.get_secret_value()) if key == URL else MASK
    if isinstance(value, timedelta):
        return next(f"{value // unit}{name}" for name, unit in UNITS.items() if not value % unit)
    return value


def _aligned(rows: list[dict[str, Any]]) -> Iterator[str]:
    cells = [("KEY", "VALUE", "FROM", "VARIABLE")]
    for row in rows:
        value = row["value"] if isinstance(row["value"], str) and row["value"] else json.dumps(row["value"])
        source = f"{row['source']} {row['name']}".strip() if row["source"] != "file" else row["name"]
        cells.append((row["key"], "-" if row["value"] is None else value, source, row["variable"]))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
