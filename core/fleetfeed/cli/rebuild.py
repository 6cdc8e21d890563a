"""`fleetfeed rebuild`: replay the exports of a feed by the rules of now, and compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.states import Cause, ExecutorKind

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.rebuild.past import Window
    from fleetfeed.rebuild.work import Rebuild

Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Replay and compare; else only plan.")]
Kind = Annotated[ExecutorKind | None, typer.Option(help="Who prepares the exports, instead of \\[executor] kind.")]
_Swap = Annotated[bool, typer.Option("--swap", help="Take over what differs, in one transaction.")]
_ACCEPTED = [cause for cause in Cause if cause is not Cause.UNEXPLAINED]


def _accepted(text: str) -> Cause:
    if text not in _ACCEPTED:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(map(repr, map(str, _ACCEPTED)))}.")
    return Cause(text)


_Accept = Annotated[
    list[Cause] | None,
    typer.Option(
        parser=_accepted, metavar="CAUSE", help=f"With --swap: a cause that is meant: {', '.join(_ACCEPTED)}."
    ),
]
_Drop = Annotated[bool, typer.Option("--drop", help="Drop what was rebuilt.")]


def rebuild(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    apply: Apply = False,
    swap: _Swap = False,
    accept: _Accept = None,
    drop: _Drop = False,
    executor: Kind = None,
    as_json: AsJson = False,
) -> None:
    """Replay every archived export of a feed beside its own tables, and explain each difference."""
    if apply + swap + drop > 1:
        raise typer.BadParameter("give only one of --apply, --swap and --drop", param_hint="--apply")
    if accept and not swap:
        raise typer.BadParameter("only --swap accepts causes", param_hint="--accept")
    with opened(ctx.obj, feed, executor, as_json=as_json) as work:
        if swap:
            _swap(work, feed, accept or (), as_json=as_json)
        elif drop:
            dropped = work.drop()
            if as_json:
                print_json(feed=feed, holder=None, dropped=dropped)
            else:
                typer.echo(f"{feed}  {'dropped' if dropped else 'there is no rebuild'}")
        else:
            replay(work, feed, None, apply=apply, as_json=as_json)


@contextmanager
def opened(context: Context, feed: str, executor: ExecutorKind | None, *, as_json: bool) -> Iterator[Rebuild]:
    """Open a feed's rebuild; if another process is at work, say so and end with 0."""
    from fleetfeed.cli.output.rebuild_report import progress
    from fleetfeed.database.schema.current import check
    from fleetfeed.executors.choice import Executor
    from fleetfeed.rebuild.work import Busy, Rebuild

    project = context.load()
    (declared,) = project.feeds([feed])
    job = project.job(declared, apply=True)
    settings = project.loaded.settings.executor.of_kind(executor)
    with project.database(f"rebuild {feed}") as db:
        check(db, project.migrations, declared)
        try:
            yield Rebuild(job, db, progress, Executor(settings, str(project.folder)))
        except Busy as busy:
            if as_json:
                print_json(feed=feed, holder=str(busy))
            else:
                typer.echo(f"{feed} busy: {busy} is at work; nothing was done")


def _swap(work: Rebuild, feed: str, accept: Sequence[Cause], *, as_json: bool) -> None:
    from fleetfeed.cli.output.rebuild_report import of_plan, of_proof, print_proof

    plan, proof = work.swap(accept)
    if as_json:
        print_json(feed=feed, applied=True, holder=None, swapped=True, plan=of_plan(plan), proof=of_proof(proof))
        return
    if proof.differences:
        typer.echo(f"{feed} swapped · it is now what its exports make of it; what differed before:")
    else:
        typer.echo(f"{feed} nothing differed, and nothing was written; what was rebuilt is dropped")
    print_proof(proof)


def replay(work: Rebuild, feed: str, window: Window | None, *, apply: bool, as_json: bool) -> None:
    """Plan, or replay and compare, and print the result; exit 1 if something is unexplained."""
    from fleetfeed.cli.output.rebuild_report import of_plan, of_proof, print_next, print_plan, print_proof

    proof = None
    if apply:
        work.replay(window)
        plan, proof = work.prove(window)
    else:
        plan = work.plan(window)
    if as_json:
        print_json(feed=feed, applied=apply, holder=None, plan=of_plan(plan), proof=proof and of_proof(proof))
    else:
        print_plan(feed, plan, window, applied=apply)
        if proof:
            print_proof(proof)
            print_next(feed, proof)
    if proof and not proof.is_explained:
        raise typer.Exit(1)
