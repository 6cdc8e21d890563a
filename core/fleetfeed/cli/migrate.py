"""`fleetfeed migrate`: create and change the database's objects as fleetfeed and the feeds declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.exits import report_broken
from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database.schema.plan import Step


_FIRST = "This user may not do the following, and `fleetfeed migrate` fails without it. First, an administrator runs:"
_LATER = "This user may not do the following; everything else works without it. An administrator may run:"


def migrate(
    ctx: typer.Context,
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would be done.")] = False,
    allow_destructive: Annotated[
        bool, typer.Option("--allow-destructive", help="Also drop columns, or change their type or expression.")
    ] = False,
    adopt_as: Annotated[
        str | None, typer.Option(metavar="FEED", help="When adopting: the feed of rows that name none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create or complete the database's objects for every feed of fleetfeed.toml. Safe to repeat.

    A database of the earlier program is adopted: its rows are kept, in one transaction.
    """
    from fleetfeed.database.schema.migrate import migrate as run_migrations

    context: Context = ctx.obj
    project = context.load()
    feeds, broken = project.plugins.usable(project.loaded.settings.feeds)
    with project.database("migrate") as db:
        steps = run_migrations(
            db,
            project.migrations,
            feeds,
            dry=plan,
            allow_destructive=allow_destructive,
            terms=project.terms(),
            adopt_as=project.loaded.names([adopt_as])[0] if adopt_as else None,
        )
    for step in steps:
        logs.log(logs.INFO, step.what, event="step", shown=True, stage="migrate", applied=not plan)
    if as_json:
        print_json(applied=not plan, steps=[_row(step) for step in steps])
    else:
        _print(steps, plan=plan)
    report_broken(broken)


def _row(step: Step) -> dict[str, object]:
    return {
        "kind": step.kind,
        "what": step.what,
        "rewrites": step.rewrites,
        "destructive": step.destructive,
        "rows": step.rows,
        "lock_seconds": step.seconds,
        "by_hand": step.sql if step.by_hand else None,
    }


def _print(steps: list[Step], *, plan: bool) -> None:
    left = [step for step in steps if step.by_hand]
    steps = [step for step in steps if not step.by_hand]
    for step in steps:
        marks = [mark for mark, is_so in (("rewrites", step.rewrites), ("DESTRUCTIVE", step.destructive)) if is_so]
        typer.echo(f"  {step.what}{' (' + ', '.join(marks) + ')' if marks else ''}")
    if left:
        typer.echo(_FIRST if plan else _LATER)
        for step in left:
            typer.echo(f"  -- {step.what}\n  {step.sql};")
    if not steps:
        typer.echo("The database is up to date; nothing to do.")
    elif plan:
        typer.echo(f"Nothing was written. {'After that' if left else 'To do it'}: fleetfeed migrate")
    else:
        typer.echo(f"Done: {len(steps)} step{'s' * (len(steps) > 1)}. Next: fleetfeed run --all")
