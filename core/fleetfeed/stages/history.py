"""history: capture closures and today's backlog after every applied run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl

if TYPE_CHECKING:
    from fleetfeed.database import Database


@hookimpl(trylast=True)
def feed_history(feed: Feed, db: Database) -> None:
    """Call `tickets.capture_history`. The run holds the feed's lock already."""
    with db.transaction():
        db.execute("SELECT tickets.capture_history(%s, now())", [feed.name])
