"""Check a declaration against its sample: everything it names has to occur there and be readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fleetfeed.errors import PluginFault, UsageError
from fleetfeed.feed import Column, Feed, Moment
from fleetfeed.feed.callables import is_dropped
from fleetfeed.feed.problems import Problem
from fleetfeed.scaffold.cell_types import Unread, folded, unread
from fleetfeed.scaffold.table import Table, tabulated
from fleetfeed.text.suggest import nearest

MOST = 0.5  # share of a column's cells; if more are unreadable, the declaration is wrong, not the sample

Sure = tuple[Problem, bool]  # a problem, and whether it is certainly a mistake


def sample_problems(feed: Feed, sample: Path) -> Iterator[Sure]:
    """List the problems; those without a `part` are about the sample."""
    try:
        with tabulated(sample, feed.layout) as table:
            yield from ((problem, True) for problem in faults(feed, table))
            yield from _notes(feed, table)
            yield from _cells(feed, table)
            yield from _statuses(feed, table)
    except UsageError as error:
        yield Problem("", error.cause, error.next_step), True


def faults(feed: Feed, table: Table) -> Iterator[Problem]:
    """Yield what fails whatever feed_normalise does: missing columns, failing folds and drops."""
    for name, part in ((feed.key, "key"), *((column.name, "columns") for column in feed.columns)):
        if name not in table.header:
            near = nearest(name, (spelt for spelt in table.header if spelt not in feed.known))
            hint = f"`headers` can say that {near!r} is it" if near else "leave it out, or add it to the sample"
            kind = "key" if part == "key" else "column"
            yield Problem(name, f"the {kind} {name!r} is not in sample.csv", hint, part)
    for column in feed.columns:
        found = _unread(feed, column, table)
        if found.failed:
            what = f"on {found.failed} of {found.filled} cells of {column.name!r} its fold fails: {found.failure}"
            hint = "a run rejects their records: the fold has to return a text for every cell, if only the cell itself"
            yield Problem(column.name, what, hint, "columns")
    yield from _drops(feed, table)


def _unread(feed: Feed, column: Column, table: Table) -> Unread:
    if column.name not in table.header:
        return Unread(0, 0, ())
    cells = table.counts(table.header.index(column.name))
    return unread(column, ((text, many) for text, many in cells if text not in feed.nulls))


def _notes(feed: Feed, table: Table) -> Iterator[Sure]:
    there = table.header
    for name in feed.ignore:
        if name not in there:
            yield Problem(name, f"the ignored column {name!r} is not in sample.csv", part="ignore"), False
    if unknown := [name for name in there if name not in feed.known]:
        what = f"not declared, so without a column of the table: {', '.join(unknown)}"
        yield Problem("", what, "they stay in `raw`"), False
    for item in table.left_out:
        begins = f", which begins {item.begin!r}," if item.begin else ""
        yield Problem("", f"record {item.record} of sample.csv{begins} is {item.kind.value}"), False
    if table.unreadable:
        yield Problem("", f"{table.unreadable} of {table.spool.records} records cannot be read"), False


def _cells(feed: Feed, table: Table) -> Iterator[Sure]:
    for column in feed.columns:
        if column.name not in table.header:
            continue
        found = _unread(feed, column, table)
        if not found.filled:
            yield Problem(column.name, f"{column.name!r} is always empty in sample.csv", part="columns"), False
        elif found.wrong:
            kind, few = type(column).__name__, ", ".join(map(repr, found.examples))
            hint = "`formats` says how its times are written" if isinstance(column, Moment) else "Text reads everything"
            what = f"{found.wrong} of {found.filled} cells of {column.name!r} are no {kind}: {few}"
            yield Problem(column.name, what, hint, "columns"), found.share > MOST


def _drops(feed: Feed, table: Table) -> Iterator[Problem]:
    """Find drops that raise on a record: a run would fail there."""
    left = list(feed.drops)
    for row in table.rows() if left else ():
        for drop in list(left):
            try:
                is_dropped(feed, drop, dict(zip(table.header, row, strict=True)))
            except PluginFault as fault:
                left.remove(drop)
                yield Problem(drop.column, fault.cause, "a run ends there, and loads nothing", "drops")


def _statuses(feed: Feed, table: Table) -> Iterator[Sure]:
    status = feed.roles.status
    if status not in table.header:
        return
    cells = ((text, many) for text, many in table.counts(table.header.index(status)) if text not in feed.nulls)
    words = {word for word, _ in folded(next(column for column in feed.columns if column.name == status), cells)}
    seen = f"it has {', '.join(map(repr, sorted(words)[:8]))}"
    missing = [word for word in feed.roles.closed_statuses if word not in words]
    if missing and len(missing) == len(feed.roles.closed_statuses):
        closed, ended = feed.roles.closed, _has_ended(feed, table)
        hint = f"without a closed one every ticket is open for ever, but some have a time in {closed!r}"
        if not ended:
            hint = "that is right if each of its tickets is open" + (
                f": none has a time in {closed!r}" if closed else ""
            )
        yield Problem(missing[0], f"no {status} in sample.csv is a closed one; {seen}", hint, "roles"), ended
        return
    for word in missing:
        yield Problem(word, f"no {status} in sample.csv is {word!r}; {seen}", part="roles"), False


def _has_ended(feed: Feed, table: Table) -> bool:
    """Whether a ticket of the sample has a closing time."""
    closed = feed.roles.closed
    if closed is None or closed not in table.header:
        return False
    return any(text not in feed.nulls for text, _ in table.counts(table.header.index(closed)))
