"""`fleetfeed rebuild`: replay the exports of a feed by the rules of now, and compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, print_json

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.rebuild.past import Window
    from fleetfeed.rebuild.work import Rebuild

Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Replay and compare; else only plan.")]
_Drop = Annotated[bool, typer.Option("--drop", help="Drop what was rebuilt.")]


def rebuild(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    apply: Apply = False,
    drop: _Drop = False,
    as_json: AsJson = False,
) -> None:
    """Replay every archived export of a feed beside its own tables, and say why the two differ. Else: a plan."""
    if apply and drop:
        raise typer.BadParameter("give only one of --apply and --drop", param_hint="--apply")
    with opened(ctx.obj, feed, as_json=as_json) as work:
        if drop:
            dropped = work.drop()
            if as_json:
                print_json(feed=feed, holder=None, dropped=dropped)
            else:
                typer.echo(f"{feed}  {'dropped' if dropped else 'there is no rebuild'}")
        else:
            replay(work, feed, None, apply=apply, as_json=as_json)


@contextmanager
def opened(context: Context, feed: str, *, as_json: bool) -> Iterator[Rebuild]:
    """Open a feed's rebuild; if another process is at work, say so and end with 0."""
    from fleetfeed.cli.output.rebuild_report import progress
    from fleetfeed.database.schema.current import check
    from fleetfeed.rebuild.work import Busy, Rebuild

    project = context.load()
    (declared,) = project.feeds([feed])
    job = project.job(declared, apply=True)
    with project.database(f"rebuild {feed}") as db:
        check(db, project.migrations, declared)
        try:
            yield Rebuild(job, db, progress)
        except Busy as busy:
            if as_json:
                print_json(feed=feed, holder=str(busy))
            else:
                typer.echo(f"{feed} busy: {busy} is at work; nothing was done")


def replay(work: Rebuild, feed: str, window: Window | None, *, apply: bool, as_json: bool) -> None:
    """Plan, or replay and compare, and print the result; exit 1 if something is unexplained."""
    from fleetfeed.cli.output.rebuild_report import of_plan, of_proof, print_plan, print_proof

    proof = None
    if apply:
        work.replay(window)
        plan, proof = work.prove(window)
    else:
        plan = work.plan(window)
    if as_json:
        print_json(feed=feed, applied=apply, holder=None, plan=of_plan(plan), proof=proof and of_proof(proof))
    else:
        print_plan(feed, plan, applied=apply)
        if proof:
            print_proof(proof)
    if proof and not proof.is_explained:
        raise typer.Exit(1)
