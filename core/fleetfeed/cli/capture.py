"""`fleetfeed capture`: enter closures and today's backlog now, as every applied run does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import written
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed

_LAST = "SELECT coalesce(max(event_id), 0) FROM tickets.closure_events"
_ENTERED = "SELECT count(*) FROM tickets.closure_events WHERE feed = %s AND event_id > %s"
_DAY = "SELECT (now() AT TIME ZONE %s)::date::text"
_BACKLOG = """
SELECT coalesce(sum(open_total), 0)::bigint, coalesce(sum(open_actionable), 0)::bigint,
    coalesce(sum(open_overdue), 0)::bigint
FROM tickets.{}_daily_snapshot WHERE snapshot_date = %s::date
"""


def capture(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Capture closures that are not entered yet, and the backlog of the feed's day. Safe to repeat."""
    from fleetfeed.database.lock import feed_lock
    from fleetfeed.database.schema.current import check

    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    with project.database(f"capture {feed}") as db:
        check(db, project.migrations, declared)
        with feed_lock(db, feed) as holder:
            done = {"holder": holder} if holder else {"holder": None, **_capture(db, declared)}
    if as_json:
        outcome = "busy" if holder else "captured"
        typer.echo(written(feed=feed, outcome=outcome, **done))
    else:
        _tell(feed, done)


def _capture(db: Database, feed: Feed) -> dict[str, Any]:
    """Do what the core does after a run, and tell what came of it; nobody else captures this feed meanwhile."""
    from fleetfeed.stages.history import feed_history

    with db.transaction():  # in which now() stands still: no midnight passes between the capture and the question
        before = db.one(_LAST)
        feed_history(feed, db)
        day = db.one(_DAY, [feed.zone])
        open_, actionable, overdue = db.all(_BACKLOG.format(feed.name), [day])[0]
        entered = db.one(_ENTERED, [feed.name, before])
    backlog = {"total": open_, "actionable": actionable, "overdue": overdue}
    return {"day": day, "timezone": feed.zone, "closures": entered, "backlog": backlog}


def _tell(feed: str, done: dict[str, Any]) -> None:
    if holder := done["holder"]:
        typer.echo(f"{feed} busy\n  held by  {printable(holder)}")
        typer.echo("  Another run of this feed is at work; it captures when it is done, and this one left it alone.")
        return
    backlog = done["backlog"]
    typer.echo(f"{feed} captured for {done['day']} ({done['timezone']})")
    typer.echo(f"  closures  {done['closures']:,} entered")
    counts = f"{backlog['total']:,} open, {backlog['actionable']:,} actionable, {backlog['overdue']:,} overdue"
    typer.echo(f"  backlog   {counts}")
