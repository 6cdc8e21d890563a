"""New statuses of a feed: each may mean closed, until the feed declares it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fleetfeed.feed import Feed
from fleetfeed.model import Changes

MOST = 200  # a column with more distinct values is free text, not a status


class Statuses(NamedTuple):
    """The statuses of a feed after a load."""

    known: Sequence[str] = ()  # all seen so far
    new: Sequence[str] = ()  # those of them that the feed does not declare
    warnings: Sequence[str] = ()


def find(changes: Changes, feed: Feed, known: Iterable[str], still_new: Iterable[str]) -> Statuses:
    """Find statuses that are new in the feed; those of a first load count as known."""
    before, seen = set(known), changes.statuses.keys()
    fresh = {*unexplained(feed, seen - before)} if before else set[str]()
    every = sorted(before | seen)
    if len(every) > MOST:
        return Statuses()
    new = unexplained(feed, fresh | set(still_new))
    return Statuses(every, new, [_warning(changes, status) for status in sorted(fresh)])


def unexplained(feed: Feed, words: Iterable[str]) -> list[str]:
    """Return the statuses that the feed does not declare, sorted."""
    return sorted({*words} - {*feed.roles.closed_statuses, *feed.roles.open_statuses})


def _warning(changes: Changes, status: str) -> str:
    many, closed = changes.statuses[status], changes.closings.get(status, 0)
    tickets = f"{many:,} ticket{'s have' if many > 1 else ' has'} it and count{'s' * (many == 1)} as open"
    though = f", though {closed:,} of them came with a closing time" if closed else ""
    declare = "name it in closed_statuses or open_statuses of the feed"
    return f"{status!r} is a status that this feed never had: {tickets}{though}; {declare}"
