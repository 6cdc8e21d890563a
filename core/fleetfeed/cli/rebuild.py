"""`fleetfeed rebuild`: replay the exports of a feed by the rules of now, beside its own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, print_json

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.rebuild.past import Window

Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Replay; else only plan.")]
_Drop = Annotated[bool, typer.Option("--drop", help="Drop what was rebuilt.")]


def rebuild(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    apply: Apply = False,
    drop: _Drop = False,
    as_json: AsJson = False,
) -> None:
    """Replay every archived export of a feed beside its own tables. Without --apply: a plan, and nothing is written."""
    if apply and drop:
        raise typer.BadParameter("give only one of --apply and --drop", param_hint="--apply")
    work(ctx.obj, feed, None, apply=apply, drop=drop, as_json=as_json)


def work(
    context: Context, feed: str, window: Window | None, *, apply: bool, drop: bool = False, as_json: bool = False
) -> None:
    """Plan, replay or drop a rebuild, and print the result."""
    from fleetfeed.cli.output.rebuild_report import of_plan, print_plan, progress
    from fleetfeed.database.schema.current import check
    from fleetfeed.rebuild.work import Busy, Rebuild

    project = context.load()
    (declared,) = project.feeds([feed])
    job = project.job(declared, apply=True)
    with project.database(f"rebuild {feed}") as db:
        check(db, project.migrations, declared)
        rebuilding = Rebuild(job, db, progress)
        try:
            if drop:
                dropped = rebuilding.drop()
                if as_json:
                    print_json(feed=feed, dropped=dropped)
                else:
                    typer.echo(f"{feed}  {'dropped' if dropped else 'there is no rebuild'}")
                return
            plan = rebuilding.replay(window) if apply else rebuilding.plan(window)
        except Busy as busy:
            if as_json:
                print_json(feed=feed, holder=str(busy))
            else:
                typer.echo(f"{feed} busy: {busy} is at work; nothing was done")
            return
    if as_json:
        print_json(feed=feed, applied=apply, holder=None, plan=of_plan(plan))
    else:
        print_plan(feed, plan, applied=apply)
