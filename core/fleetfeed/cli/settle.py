"""`fleetfeed rejects discard` and `replay`: what becomes of records that could not be read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.errors import FleetfeedError, UsageError
from fleetfeed.project import Project
from fleetfeed.states import RunOutcome
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.database.ledger.rejects import Kept
    from fleetfeed.feed import Feed
    from fleetfeed.pipeline.replay import Batch, Outcome

_Numbers = Annotated[list[int], typer.Argument(metavar="ID…", help="Their numbers in `rejects list`.")]
_Reason = Annotated[str, typer.Option(help="Why, for whoever looks at it later.")]
_Some = Annotated[list[int] | None, typer.Argument(metavar="ID…", help="Their numbers in `rejects list`.")]
_Every = Annotated[str | None, typer.Option("--all", metavar="FEED", help="All of a feed that are not settled.")]
_Line = Annotated[str | None, typer.Option(help="The one record as it should read, instead of its bytes.")]
_Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Write; else show exactly what would change.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def discard(ctx: typer.Context, numbers: _Numbers, reason: _Reason = "") -> None:
    """Settle rejected records that nobody needs: their evidence stays, and the same bytes are not listed again."""
    from fleetfeed.database.ledger import rejects

    context: Context = ctx.obj
    told = f"discarded: {reason}" if reason else "discarded"
    with context.load().database("rejects") as db, db.transaction():
        _found(db, numbers)
        settled = rejects.discard(db, numbers, told)
        found = _found(db, numbers)
    for reject in found:
        what = told if reject.reject_id in settled else f"is settled already ({reject.resolution})"
        typer.echo(f"{reject.reject_id:>6}  {printable(what)}")


def replay(
    ctx: typer.Context,
    numbers: _Some = None,
    every: _Every = None,
    line: _Line = None,
    apply: _Apply = False,
    as_json: _Json = False,
) -> None:
    """Read rejected records again, by the rules as they are now. Without --apply: the exact diff, and no more."""
    if bool(numbers) == bool(every) or (line is not None and len(numbers or ()) != 1):
        raise typer.BadParameter("name records or say --all FEED, and not both; with --line exactly one")
    context: Context = ctx.obj
    project = context.load()
    batches: list[Batch] = []
    errors: list[FleetfeedError] = []
    with project.database("rejects replay") as db:
        names = [every] if every else [reject.feed for reject in _found(db, numbers or [])]
        for feed in project.feeds(names):
            try:
                batches += _replay(project, db, feed, numbers or [], line=line, apply=apply)
            except FleetfeedError as error:  # what is done for another feed is told all the same
                errors.append(error)
    if as_json:
        typer.echo(_document(batches))
    _end(batches, errors, context, mute=as_json)


def _found(db: Database, numbers: list[int]) -> list[Kept]:
    from fleetfeed.database.ledger.rejects import kept

    found = kept(db, numbers)
    if missing := sorted(set(numbers) - {reject.reject_id for reject in found}):
        raise UsageError(
            f"There is no reject {', '.join(map(str, missing))}.", next_step="`fleetfeed rejects list` lists them."
        )
    return found


def _replay(
    project: Project, db: Database, feed: Feed, numbers: list[int], *, line: str | None, apply: bool
) -> list[Batch]:
    """Read the records of one feed, export by export; then capture what that closed."""
    from contextlib import nullcontext

    from fleetfeed.database.ledger import rejects
    from fleetfeed.database.lock import feed_lock
    from fleetfeed.database.schema.current import check
    from fleetfeed.pipeline.replay import batches, replay
    from fleetfeed.pipeline.run import PATIENCE

    check(db, project.migrations, feed)
    manager = project.manager(feed, project.settings(feed.name).plugins)
    with feed_lock(db, feed.name, PATIENCE) if apply else nullcontext() as holder:
        found = rejects.kept(db, numbers, feed=None if numbers else feed.name)
        made = list(batches(feed, [item for item in found if item.feed == feed.name], apply=apply, by_hand=line))
        for batch in made:
            if holder:
                batch.report.outcome, batch.report.holder = RunOutcome.BUSY, holder
            else:
                replay(batch, manager, db)
        if apply and made and not holder:
            _capture(feed, db, made[-1])
    return made


def _capture(feed: Feed, db: Database, last: Batch) -> None:
    """Capture what that closed; the records are settled, so a failure is a warning, as of a run."""
    from fleetfeed.plugins.listeners import cause
    from fleetfeed.stages.history import feed_history

    try:
        feed_history(feed, db)
    except FleetfeedError as error:
        last.report.warnings.append(f"history: {cause(error)}")


def _document(batches: list[Batch]) -> str:
    from fleetfeed.cli.output.documents import of_run, written

    records = [
        {
            "reject_id": outcome.reject.reject_id,
            "feed": batch.feed.name,
            "ticket_id": outcome.ticket_id,
            "outcome": outcome.what,
            "why": outcome.why or None,
        }
        for batch in batches
        for outcome in batch.outcomes
    ]
    runs = [of_run(batch.report) for batch in batches]
    return written(records=records, runs=runs)


def _line(outcome: Outcome) -> str:
    before = outcome.reject.ticket_id
    name = outcome.ticket_id or "-"
    if before and before != name:
        name += f" (rejected as {before})"
    return f"{outcome.reject.reject_id:>6}  {name}  {outcome.what}{f': {outcome.why}' if outcome.why else ''}"


def _end(batches: list[Batch], errors: list[FleetfeedError], context: Context, *, mute: bool) -> None:
    """Tell each batch and error, and exit with the worst of their codes."""
    from fleetfeed.cli.output.exits import exit_with_worst, tell_error
    from fleetfeed.cli.output.run_report import tell

    for batch in batches:
        if not mute:
            for outcome in batch.outcomes if not batch.report.holder else ():
                typer.echo(printable(_line(outcome)))
            tell(batch.report)
        if isinstance(batch.report.error, FleetfeedError):
            sys.stdout.flush()
            tell_error(batch.report.error, debug=context.debug)
    for error in errors:
        tell_error(error, debug=context.debug)
    if not (batches or errors or mute):
        typer.echo("There are no rejects.")
    exit_with_worst((*errors, *(batch.report.error for batch in batches)))
