"""`fleetfeed rejects`: list, show, discard and replay records that could not be read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, of_run, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import FleetfeedError, UsageError
from fleetfeed.project import Project
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.database.ledger.rejects import StoredReject
    from fleetfeed.pipeline.batch import Batch, Outcome

app = typer.Typer(no_args_is_help=True, help="List, discard and replay records that could not be read.")

_NUMBERS = typer.Argument(metavar="ID…", help="Their numbers in `rejects list`.")
_Every = Annotated[str | None, typer.Option("--all", metavar="FEED", help="All unresolved ones of a feed.")]
_Line = Annotated[str | None, typer.Option(help="The corrected text of the one record, instead of its bytes.")]
_Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Write; else show exactly what would change.")]


@app.command("list")
@only_prints
def list_(
    ctx: typer.Context,
    feed: Annotated[str | None, typer.Argument(help="Only of this feed.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, latest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List unresolved rejected records; one that recurs in later exports is one line with a counter."""
    from fleetfeed.database.ledger.queries import unresolved_rejects

    context: Context = ctx.obj
    project = context.load()
    project.feeds([feed] if feed else [])
    with project.database("rejects") as db:
        found = unresolved_rejects(db, feed, limit + 1)
    rows, more = found[:limit], len(found) > limit
    if as_json:
        print_json(rejects=rows, more=more)
        return
    for row in rows:
        detail = f" ({row['detail']})" if row["detail"] else ""
        place = f"record {row['record']}, line {row['line']}"
        line = f"{row['reject_id']:>6}  {row['feed']}  {place}  ×{row['times']}  {row['reason']}{detail}"
        typer.echo(printable(line))
    if more:
        typer.echo(f"… more than {limit:,}; --limit N shows them.")
    typer.echo("Next: fleetfeed rejects show ID" if rows else "There are no rejects.")


@app.command()
@only_prints
def show(
    ctx: typer.Context,
    reject_id: Annotated[int, typer.Argument(help="Its number in `rejects list`.")],
    as_json: AsJson = False,
) -> None:
    """Show one rejected record: its bytes (escaped), the header, the reason and its place in the export."""
    from fleetfeed.database.ledger.queries import reject

    context: Context = ctx.obj
    with context.load().database("rejects") as db:
        row = reject(db, reject_id)
    if row is None:
        raise UsageError(f"There is no reject {reject_id}.", next_step="`fleetfeed rejects list` lists them.")
    if as_json:
        print_json(reject=row)
        return
    for name, value in row.items():
        typer.echo(f"{name:<12}{'-' if value is None else printable(str(value))}")


@app.command()
def discard(
    ctx: typer.Context,
    numbers: Annotated[list[int], _NUMBERS],
    reason: Annotated[str, typer.Option(help="Why; kept with the record.")] = "",
) -> None:
    """Discard rejected records that are not needed: their evidence stays, and the same bytes are not listed again."""
    from fleetfeed.database.ledger import rejects

    context: Context = ctx.obj
    resolution = f"discarded: {reason}" if reason else "discarded"
    with context.load().database("rejects") as db, db.transaction():
        _find(db, numbers)
        discarded = rejects.discard(db, numbers, resolution)
        found = _find(db, numbers)
    for reject in found:
        what = resolution if reject.reject_id in discarded else f"is resolved already ({reject.resolution})"
        typer.echo(f"{reject.reject_id:>6}  {printable(what)}")


@app.command()
def replay(
    ctx: typer.Context,
    numbers: Annotated[list[int] | None, _NUMBERS] = None,
    every: _Every = None,
    line: _Line = None,
    apply: _Apply = False,
    as_json: AsJson = False,
) -> None:
    """Read rejected records again, by the current rules. Without --apply: show the exact diff, and write nothing."""
    if bool(numbers) == bool(every) or (line is not None and len(numbers or ()) != 1):
        raise typer.BadParameter("name records or give --all FEED, and not both; with --line exactly one record")
    context: Context = ctx.obj
    project = context.load()
    batches: list[Batch] = []
    errors: list[FleetfeedError] = []
    for feed in project.loaded.names([every] if every else _feeds(project, numbers or [])):
        try:
            batches += project.replay(feed, numbers or (), line=line, apply=apply)
        except FleetfeedError as error:  # continue with the other feeds
            errors.append(error)
    if as_json:
        print_json(records=_records(batches), runs=[of_run(batch.report) for batch in batches])
    _end(batches, errors, context, mute=as_json)


def _find(db: Database, numbers: list[int]) -> list[StoredReject]:
    """Return rejects by their numbers. Raises UsageError if one does not exist."""
    from fleetfeed.database.ledger.rejects import stored_rejects

    found = stored_rejects(db, numbers)
    if missing := sorted(set(numbers) - {reject.reject_id for reject in found}):
        raise UsageError(
            f"There is no reject {', '.join(map(str, missing))}.", next_step="`fleetfeed rejects list` lists them."
        )
    return found


def _feeds(project: Project, numbers: list[int]) -> list[str]:
    """Return the feeds of rejects. Raises UsageError if one does not exist."""
    with project.database("rejects replay") as db:
        return [reject.feed for reject in _find(db, numbers)]


def _records(batches: list[Batch]) -> list[dict[str, object]]:
    return [
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


def _line(outcome: Outcome) -> str:
    before = outcome.reject.ticket_id
    name = outcome.ticket_id or "-"
    if before and before != name:
        name += f" (rejected as {before})"
    return f"{outcome.reject.reject_id:>6}  {name}  {outcome.what}{f': {outcome.why}' if outcome.why else ''}"


def _end(batches: list[Batch], errors: list[FleetfeedError], context: Context, *, mute: bool) -> None:
    """Print each batch and error, and exit with the highest of their codes."""
    from fleetfeed.cli.output.exits import exit_with_worst, report_error
    from fleetfeed.cli.output.run_report import print_run

    for batch in batches:
        if not mute:
            for outcome in batch.outcomes if not batch.report.holder else ():
                typer.echo(printable(_line(outcome)))
            print_run(batch.report)
        if isinstance(batch.report.error, FleetfeedError):
            sys.stdout.flush()
            report_error(batch.report.error, debug=context.debug)
    for error in errors:
        report_error(error, debug=context.debug)
    if not (batches or errors or mute):
        typer.echo("There are no rejects.")
    exit_with_worst((*errors, *(batch.report.error for batch in batches)))
