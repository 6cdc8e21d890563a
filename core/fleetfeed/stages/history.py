"""history: after every applied run, let the database capture closures and today's backlog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl

if TYPE_CHECKING:
    from fleetfeed.database import Database

_CAPTURE = "tickets.capture_history(text, timestamp with time zone)"


@hookimpl(trylast=True)
def feed_history(feed: Feed, db: Database) -> None:
    """Call `tickets.capture_history` for this feed, where the database has that function."""
    if db.one("SELECT to_regprocedure(%s) IS NOT NULL", [_CAPTURE]):
        with db.transaction():
            db.execute("SELECT tickets.capture_history(%s, now())", [feed.name])
