"""`fleetfeed rejects`: the records that could not be read, with their evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import written
from fleetfeed.cli.output.streams import answers
from fleetfeed.cli.settle import discard, replay
from fleetfeed.errors import UsageError
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context

app = typer.Typer(no_args_is_help=True, help="Look at records that could not be read, and settle them.")
app.command()(discard)
app.command()(replay)

_LIST = """
SELECT reject_id, feed, record, line, ticket_id, reason, detail, times, first_seen_at, last_seen_at
FROM tickets.rejects WHERE (%s::text IS NULL OR feed = %s) AND resolved_at IS NULL
ORDER BY last_seen_at DESC, feed, line LIMIT %s
"""
_SHOW = """
SELECT j.reject_id, j.feed, record, line, ticket_id, reason, detail, times, first_seen_at, last_seen_at,
    coalesce(h.header, j.header), raw_text, size, run_id, resolved_at, resolution
FROM tickets.rejects AS j LEFT JOIN tickets.reject_headers AS h ON h.header_id = j.header_id WHERE j.reject_id = %s
"""
_NAMES = ("reject_id", "feed", "record", "line", "ticket_id", "reason", "detail", "times", "first_seen", "last_seen")
_MORE = ("header", "raw_text", "size", "run_id", "resolved_at", "resolution")


@app.command("list")
@answers
def list_(
    ctx: typer.Context,
    feed: Annotated[str | None, typer.Argument(help="Only of this feed.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, latest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List rejected records that are not settled: the same bad record of every export is one line that counts."""
    context: Context = ctx.obj
    project = context.load()
    project.feeds([feed] if feed else [])
    with project.database("rejects") as db:
        found = db.all(_LIST, [feed, feed, limit + 1])
    rows, more = [dict(zip(_NAMES, row, strict=True)) for row in found[:limit]], len(found) > limit
    if as_json:
        typer.echo(written(rejects=rows, more=more))
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
@answers
def show(
    ctx: typer.Context,
    reject_id: Annotated[int, typer.Argument(help="Its number in `rejects list`.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show one rejected record: its bytes (escaped), the header, the reason and where it stood."""
    context: Context = ctx.obj
    with context.load().database("rejects") as db:
        found = db.all(_SHOW, [reject_id])
    if not found:
        raise UsageError(f"There is no reject {reject_id}.", next_step="`fleetfeed rejects list` lists them.")
    row = dict(zip((*_NAMES, *_MORE), found[0], strict=True))
    if as_json:
        typer.echo(written(reject=row))
        return
    for name, value in row.items():
        typer.echo(f"{name:<12}{'-' if value is None else printable(str(value))}")
