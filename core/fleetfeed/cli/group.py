"""The root of the commands. A command is imported when it is called, as importing all takes longer than most runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

# In the order of the help, each with the first line of its own. Each is a module of this package with a function, or an
# `app`, of that name.
NAMES = {
    "init": "Write a commented fleetfeed.toml into this folder, or that of --project; it never overwrites one.",
    "run": "Load the newest export of each feed. Without --apply: the exact diff, and nothing is written.",
    "migrate": "Create or complete the database's objects for every feed of fleetfeed.toml. Safe to repeat.",
    "schedule": "Run feeds on the schedules of fleetfeed.toml, or show them.",
    "serve": "Serve the map and the dashboard until SIGTERM or Ctrl-C.",
    "geocode": "Look up new and expired places of tickets, and write them to the tickets.",
    "places": "List the places of clusters and locations, and set them by hand.",
    "units": "List, import and locate the units that can be sent to tickets.",
    "nearest": "List what is nearest, by straight line: exactly one of --at, --unit and --ticket.",
    "doctor": "Check settings, plugins, database, buckets, geocoders and this machine. Exits 1 if any check fails (✗).",
    "status": "Show what is loaded of each feed, its age, and its concerns. Exits 3 if one is stale or has a concern.",
    "health": "Show whether each feed is fresh. Exits 3 if one is stale or has a concern, 1 if that is unknown.",
    "teams": "Show which team closed and repaired how many tickets, how long that took, and how many repairs lasted.",
    "metrics": "Write ages, counts and states of each feed on stdout, for Prometheus.",
    "export": "Write a feed's tickets to stdout: exactly one of --map, --dashboard and --csv.",
    "explain": "Explain one ticket: what changed it and when, closures, absences, rejects, and its place.",
    "asof": "Show a feed as it was at a time: exact but for what the change log does not keep, which is named.",
    "capture": "Capture closures that are not captured yet, and the backlog of the feed's day. Safe to repeat.",
    "dispatch": "Suggest which unit takes which ticket next, and say why; nothing is written to the ticket system.",
    "holds": "What a dispatcher decides by hand: pins, exclusions, off duty.",
    "rebuild": "Replay every archived export of a feed beside its own tables, and explain each difference.",
    "backfill": "Rebuild a feed with exports that were never loaded, each in its place; `rebuild --swap` follows.",
    "worker": "Prepare exports for `rebuild --executor dask`: a Dask worker with this project, without the database.",
    "plugins": "List all plugins: name, what each declares, hooks, and where it is. Exits 2 if one is broken.",
    "feeds": "Begin a feed, check it, compare its exports.",
    "config": "Show the settings.",
    "rejects": "List, discard and replay records that could not be read.",
    "prune": "Delete ended holds, and runs, resolved rejects and changes that the settings keep no longer.",
    "db": "Start or stop the project's embedded PostgreSQL, or show its status.",
    "demo": "Load a week of exports of the first feed, and serve its map. Your data is not touched.",
}


@cache
def _imported(name: str) -> Any:
    module, holder = import_module(f"fleetfeed.cli.{name}"), typer.Typer()
    if hasattr(module, "app"):
        holder.add_typer(module.app, name=name)
    else:
        holder.command(name)(getattr(module, name))
    return get_group(holder).commands[name]


class _Listing(TyperGroup):
    """The commands as the help lists them, with nothing imported."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the name and the line of a command."""
        return TyperCommand(cmd_name, help=NAMES[cmd_name])


class Group(TyperGroup):
    """Words what is wrong with an argument as settings do."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": dict.fromkeys(NAMES)})  # the names, for suggestions

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        listing = _Listing(name=self.name, commands=dict(self.commands), help=self.help, params=self.params)
        listing.format_help(ctx, formatter)

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
