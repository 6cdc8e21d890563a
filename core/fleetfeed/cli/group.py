"""The root of the commands. A command is imported when it is called: importing all takes longer than most runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

# In the order of the help. Each is a module of this package with a function, or an `app`, of that name.
NAMES = (
    "init",
    "run",
    "migrate",
    "schedule",
    "serve",
    "geocode",
    "places",
    "units",
    "nearest",
    "doctor",
    "status",
    "health",
    "teams",
    "metrics",
    "export",
    "explain",
    "asof",
    "capture",
    "dispatch",
    "holds",
    "rebuild",
    "backfill",
    "worker",
    "plugins",
    "feeds",
    "config",
    "rejects",
    "prune",
    "db",
    "demo",
)


@cache
def _imported(name: str) -> Any:
    module, holder = import_module(f"fleetfeed.cli.{name}"), typer.Typer()
    if hasattr(module, "app"):
        holder.add_typer(module.app, name=name)
    else:
        holder.command(name)(getattr(module, name))
    return get_group(holder).commands[name]


class Group(TyperGroup):
    """Words what is wrong with an argument as settings do."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": dict.fromkeys(NAMES)})  # the names, for suggestions

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None if there is none of that name."""
        return _imported(cmd_name) if cmd_name in NAMES else None

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the global options."""
        with _worded():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Read the options of a command, and run it."""
        with _worded():
            return super().invoke(ctx)


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except typer.BadParameter as error:
        from fleetfeed.config.keys import plain

        error.message = plain(error.message)
        raise
