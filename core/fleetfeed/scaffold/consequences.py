"""What a change of an export does to the tickets of a feed, as its declaration has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fleetfeed.feed import Degrees, Feed
from fleetfeed.scaffold.compare import Change


def told(changes: Iterable[Change], feed: Feed) -> Iterator[Change]:
    """Say of each change what it would do."""
    for change in changes:
        yield replace(change, consequence=_OF[change.kind](change, feed))


def _written(change: Change, feed: Feed) -> str:
    return "the feed's `delimiter` and `encoding` have to say how it is written now"


def _rejected(change: Change, feed: Feed) -> str:
    return "they are rejected and kept with their bytes: `fleetfeed rejects list` shows them"


def _gone(change: Change, feed: Feed) -> str:
    name = change.column
    if name == feed.key:
        return "it is the key: the export is refused"
    if name in feed.ignored:
        return "nothing: it is ignored"
    if name not in feed.known:
        return "it vanishes from `raw`; it had no column of its own"
    column = next((column for column in feed.columns if column.name == name), None)
    said = ["it becomes null in every ticket of the next load"]
    if column and not column.typed:
        said = ["the next load leaves it out of every ticket's `raw`"]
    if name in (feed.roles.latitude, feed.roles.longitude):
        said.append("no ticket has a place of its own any more, but that of its location or cluster")
    if name == feed.roles.status:
        timed = f"a ticket is closed only where {feed.roles.closed} has a time"
        said.append(timed if feed.roles.closed else "no ticket is closed any more")
    if name in feed.winner:
        said.append("it no longer tells which record of a ticket is the latest")
    said += [f"nothing is dropped as {drop.reason!r} any more" for drop in feed.drops if drop.column == name]
    return "; ".join(said)


def _new(change: Change, feed: Feed) -> str:
    if change.column in feed.known:
        return "it is declared, and is read from the next load on"
    return "it stays in `raw`; declared in `columns` it gets a column of the table, with `fleetfeed migrate`"


def _renamed(change: Change, feed: Feed) -> str:
    spelt = f"headers={{{change.to!r}: {change.column!r}}}"
    if change.column not in feed.known:
        return f"it stays in `raw`, under another name; {spelt} needs it declared"
    until = "until then the export is refused" if change.column == feed.key else "until then it is null in every ticket"
    return f"if so, {spelt} in the feed reads both names; {until}"


def _unreadable(change: Change, feed: Feed) -> str:
    said = ["they stay in `raw`, and are null in the table"]
    column = next((column for column in feed.columns if column.name == change.column), None)
    if column is None:
        return "it is not declared: nothing"
    if isinstance(column, Degrees):
        said = ["they give no ticket a place"]
    if change.column in feed.winner:
        said.append("their records lose against every other of the same ticket")
    if change.formats:
        said.append(f"`formats` can read them: add {', '.join(map(repr, change.formats))}")
    return "; ".join(said)


def _readable(change: Change, feed: Feed) -> str:
    return "the table gets what was null in it" if change.column in feed.known else "it is not declared: nothing"


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
    "written": _written,
    "rejected": _rejected,
    "gone": _gone,
    "new": _new,
    "renamed": _renamed,
    "unreadable": _unreadable,
    "readable": _readable,
    "values": _values,
    "missing": _missing,
}
