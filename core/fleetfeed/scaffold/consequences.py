"""What a change of an export does to the tickets of a feed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fleetfeed.feed import Degrees, Feed
from fleetfeed.reader.completeness import role_columns
from fleetfeed.scaffold.compare import Change
from fleetfeed.states import Difference


def with_consequences(changes: Iterable[Change], feed: Feed) -> Iterator[Change]:
    """Add to each change what it would do."""
    for change in changes:
        yield replace(change, consequence=_OF[change.kind](change, feed))


def _written(change: Change, feed: Feed) -> str:
    return "set the feed's `delimiter` and `encoding` to how it is written now"


def _rejected(change: Change, feed: Feed) -> str:
    return "they are rejected and kept with their bytes: `fleetfeed rejects list` shows them"


def _gone(change: Change, feed: Feed) -> str:
    name = change.column
    if name == feed.key:
        return "it is the key: the export is refused"
    if name in role_columns(feed):
        return f"it is the {role_columns(feed)[name]} column: the export is refused"
    if name in feed.ignored:
        return "nothing: it is ignored"
    if name not in feed.known:
        return "it disappears from `raw`; it had no column of its own"
    column = next((column for column in feed.columns if column.name == name), None)
    effects = ["it becomes null in every ticket of the next load"]
    if column and not column.typed:
        effects = ["the next load leaves it out of every ticket's `raw`"]
    if name in (feed.roles.latitude, feed.roles.longitude):
        effects.append("tickets have no position of their own any more, only that of their location or cluster")
    if name == feed.roles.status:
        timed = f"a ticket is closed only where {feed.roles.closed} has a time"
        effects.append(timed if feed.roles.closed else "no ticket is closed any more")
    if name in feed.winner:
        effects.append("it no longer decides which record of a ticket is the latest")
    effects += [f"nothing is dropped as {drop.reason!r} any more" for drop in feed.drops if drop.column == name]
    return "; ".join(effects)


def _new(change: Change, feed: Feed) -> str:
    if change.column in feed.known:
        return "it is declared, and is read from the next load on"
    return "it stays in `raw`; declare it in `columns` and run `fleetfeed migrate` to give it a column of the table"


def _renamed(change: Change, feed: Feed) -> str:
    spelt = f"headers={{{change.to!r}: {change.column!r}}}"
    if change.column not in feed.known:
        return f"it stays in `raw` under another name; {spelt} works only once it is declared"
    needed = change.column in (feed.key, *role_columns(feed))
    until = "until then the export is refused" if needed else "until then it is null in every ticket"
    return f"if so, {spelt} in the feed reads both names; {until}"


def _unreadable(change: Change, feed: Feed) -> str:
    effects = ["they stay in `raw`, and are null in the table"]
    column = next((column for column in feed.columns if column.name == change.column), None)
    if column is None:
        return "it is not declared: nothing"
    if isinstance(column, Degrees):
        effects = ["they give no ticket a place"]
    if change.column in feed.winner:
        effects.append("their records lose against every other of the same ticket")
    if change.formats:
        effects.append(f"`formats` can read them: add {', '.join(map(repr, change.formats))}")
    return "; ".join(effects)


def _readable(change: Change, feed: Feed) -> str:
    return "the table gets values instead of nulls" if change.column in feed.known else "it is not declared: nothing"


def _values(change: Change, feed: Feed) -> str:
    if change.column != feed.roles.status:
        return ""
    open_ = [word for word in change.examples if word not in feed.roles.closed_statuses]
    if not open_:
        return "they are closed statuses"
    return f"a status that `closed_statuses` does not name counts as open: {', '.join(map(repr, open_))}"


def _missing(change: Change, feed: Feed) -> str:
    closed = [word for word in change.examples if word in feed.roles.closed_statuses]
    return f"no ticket is closed as {', '.join(map(repr, closed))} any more" if closed else ""


_OF = {
    Difference.WRITTEN: _written,
    Difference.REJECTED: _rejected,
    Difference.GONE: _gone,
    Difference.NEW: _new,
    Difference.RENAMED: _renamed,
    Difference.UNREADABLE: _unreadable,
    Difference.READABLE: _readable,
    Difference.VALUES: _values,
    Difference.MISSING: _missing,
}
