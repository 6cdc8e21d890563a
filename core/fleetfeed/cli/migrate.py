"""`fleetfeed migrate`: bring the database to what this fleetfeed and the feeds declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.ending import tell_broken
from fleetfeed.cli.wiring import Wiring

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context


def migrate(
    ctx: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be done.")] = False,
    allow_destructive: Annotated[
        bool, typer.Option("--allow-destructive", help="Also drop columns, or change their type or expression.")
    ] = False,
) -> None:
    """Create or complete the database's objects for every feed of fleetfeed.toml. Safe to repeat."""
    from fleetfeed.database.migrate import migrate as run_migrations

    context: Context = ctx.obj
    wiring = Wiring(context.load())
    feeds, broken = wiring.usable()
    with wiring.database("migrate") as db:
        steps = run_migrations(db, wiring.migrations, feeds, dry=plan, allow_destructive=allow_destructive)
    for step in steps:
        marks = [mark for mark, is_so in (("rewrites", step.rewrites), ("DESTRUCTIVE", step.destructive)) if is_so]
        typer.echo(f"  {step.what}{' (' + ', '.join(marks) + ')' if marks else ''}")
    if not steps:
        typer.echo("The database is up to date; nothing to do.")
    elif plan:
        typer.echo("Nothing was written. To do it: fleetfeed migrate")
    else:
        typer.echo(f"Done: {len(steps)} step{'s' * (len(steps) > 1)}. Next: fleetfeed run --all")
    tell_broken(broken)
