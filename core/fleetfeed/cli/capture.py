"""`fleetfeed capture`: capture closures and today's backlog now, as every applied run does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed


def capture(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    as_json: AsJson = False,
) -> None:
    """Capture closures that are not captured yet, and the backlog of the feed's day. Safe to repeat."""
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
        print_json(feed=feed, outcome="busy" if holder else "captured", **done)
    else:
        _print(feed, done)


def _capture(db: Database, feed: Feed) -> dict[str, Any]:
    """Capture as the core does after a run, and return the result; the caller holds the feed's lock."""
    from fleetfeed.database.ledger.queries import captured, last_closure
    from fleetfeed.stages.history import feed_history

    with db.transaction():  # now() is constant in it, so that capture and result are of the same day
        before = last_closure(db)
        feed_history(feed, db)
        return captured(db, feed, before)


def _print(feed: str, done: dict[str, Any]) -> None:
    if holder := done["holder"]:
        typer.echo(f"{feed} busy\n  held by  {printable(holder)}")
        typer.echo("  Another run of this feed is at work, and captures when it is done; nothing was done here.")
        return
    backlog = done["backlog"]
    typer.echo(f"{feed} captured for {done['day']} ({done['timezone']})")
    typer.echo(f"  closures  {done['closures']:,} captured")
    counts = f"{backlog['total']:,} open, {backlog['actionable']:,} actionable, {backlog['overdue']:,} overdue"
    typer.echo(f"  backlog   {counts}")
