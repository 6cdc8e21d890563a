"""`fleetfeed prune`: delete what is older than [retention] allows, and holds that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.text.escape import counted, printable

if TYPE_CHECKING:
    from datetime import timedelta

    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database

_NAMES = {"runs": "runs", "rejects": "resolved rejects", "changes": "changes of tickets"}


def prune(
    ctx: typer.Context,
    feed: Annotated[str | None, typer.Argument(help="Only this feed.")] = None,
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Delete; else only count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete ended holds, and runs, resolved rejects and changes that the settings keep no longer.

    Without --apply: count them.
    """
    from fleetfeed.database.ledger.retention import prune_holds
    from fleetfeed.database.schema.current import check_revision

    context: Context = ctx.obj
    project = context.load()
    kept = project.loaded.settings.retention
    ages = {name: age for name in _NAMES if not isinstance(age := getattr(kept, name), str)}
    names = project.loaded.names([feed] if feed else [], every=not feed)
    with project.database("prune") as db:
        check_revision(db, project.migrations)  # `migrate` may have to read changes first
        done = [_one(db, name, ages, apply=apply) for name in names]
        holds = prune_holds(db, names, apply=apply)
    if as_json:
        print_json(applied=apply, feeds=done, holds=holds)
        return
    for row in done:
        _print(row, ages, apply=apply)
    typer.echo(f"{counted(holds, 'ended hold')} {'deleted' if apply else 'would be deleted'}")
    if not ages:
        typer.echo("Nothing else is ever deleted: [retention] keeps everything.")
    if not apply:
        typer.echo("Nothing was deleted. The same command with --apply does it.")


def _one(db: Database, feed: str, ages: dict[str, timedelta], *, apply: bool) -> dict[str, Any]:
    from contextlib import nullcontext

    from fleetfeed.database.ledger.retention import prune
    from fleetfeed.database.lock import feed_lock

    with feed_lock(db, feed) if apply else nullcontext() as holder:
        found = {} if holder else prune(db, feed, ages, apply=apply)
    return {"feed": feed, "holder": holder, **{name: found.get(name, 0) for name in _NAMES}}


def _print(row: dict[str, Any], ages: dict[str, timedelta], *, apply: bool) -> None:
    if row["holder"]:
        typer.echo(printable(f"{row['feed']} busy: {row['holder']} is at work; nothing was deleted"))
        return
    from fleetfeed.config.values import unit_of

    what = "deleted" if apply else "would be deleted"
    for name, age in ages.items():
        one, unit = unit_of(age)
        typer.echo(f"{row['feed']}  {row[name]:>9,}  {_NAMES[name]} older than {age // one:,} {unit} {what}")
