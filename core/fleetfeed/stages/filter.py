"""filter: drop the rows that the feed's declaration says are no tickets."""

from __future__ import annotations

from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Row
from fleetfeed.parse import clean

SENTINEL = "sentinel"


@hookimpl(trylast=True)
def feed_filter(feed: Feed, row: Row) -> str | None:
    """Drop the exporter's sentinel, then whatever the drop list names."""
    if feed.sentinel:
        first = next(iter(row.values.values()))
        if (clean(first) or "").startswith(feed.sentinel):
            return SENTINEL
    for drop in feed.drops:
        if drop.matches(row.values):
            return drop.reason
    return None
