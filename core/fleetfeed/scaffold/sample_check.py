"""A declaration against the export that comes with it: what it speaks of has to occur there, and be readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fleetfeed.errors import PluginFault, UsageError
from fleetfeed.feed import Feed, Moment
from fleetfeed.feed.callables import is_dropped
from fleetfeed.feed.problems import Problem
from fleetfeed.scaffold.cell_types import spelt, unread
from fleetfeed.scaffold.table import Table, tabulated
from fleetfeed.text.suggest import nearest

MOST = 0.5  # of a column's cells may be unreadable; beyond that its declaration is wrong, and not the sample

Sure = tuple[Problem, bool]  # a problem, and whether it is a mistake for sure


def sample_problems(feed: Feed, sample: Path) -> Iterator[Sure]:
    """List what does not fit; without a part of the declaration, it is the sample that a problem speaks of."""
    try:
        with tabulated(sample, feed.layout) as table:
            yield from _columns(feed, table)
            yield from _cells(feed, table)
            yield from _drops(feed, table)
            yield from _statuses(feed, table)
    except UsageError as error:
        yield Problem("", error.cause, error.next_step), True


def _columns(feed: Feed, table: Table) -> Iterator[Sure]:
    there = table.header
    for name, part in ((feed.key, "key"), *((column.name, "columns") for column in feed.columns)):
        if name not in there:
            near = nearest(name, (spelt for spelt in there if spelt not in feed.known))
            hint = f"`headers` can say that {near!r} is it" if near else "leave it out, or add it to the sample"
            yield (
                Problem(name, f"the {'key' if part == 'key' else 'column'} {name!r} is not in sample.csv", hint, part),
                True,
            )
    for name in feed.ignore:
        if name not in there:
            yield Problem(name, f"the ignored column {name!r} is not in sample.csv", part="ignore"), False
    if unknown := [name for name in there if name not in feed.known]:
        what = f"not declared, so without a column of the table: {', '.join(unknown)}"
        yield Problem("", what, "they stay in `raw`"), False
    for item in table.left_out:
        told = f", which begins {item.begin!r}" if item.begin else ""
        yield Problem("", f"record {item.record} of sample.csv{told} is {item.kind.value}"), False
    if table.unreadable:
        yield Problem("", f"{table.unreadable} of {table.spool.records} records cannot be read"), False


def _cells(feed: Feed, table: Table) -> Iterator[Sure]:
    for column in feed.columns:
        if column.name not in table.header:
            continue
        cells = table.counts(table.header.index(column.name))
        found = unread(column, ((text, many) for text, many in cells if text not in feed.nulls))
        if found.failed:
            what = f"on {found.failed} of {found.filled} cells of {column.name!r} its fold fails: {found.failure}"
            hint = "a run rejects their records: the fold has to give a text for every cell, if only the cell itself"
            yield Problem(column.name, what, hint, "columns"), True
        if not found.filled:
            yield Problem(column.name, f"{column.name!r} is always empty in sample.csv", part="columns"), False
        elif found.wrong:
            kind, few = type(column).__name__, ", ".join(map(repr, found.examples))
            hint = "`formats` says how its times are written" if isinstance(column, Moment) else "Text reads everything"
            what = f"{found.wrong} of {found.filled} cells of {column.name!r} are no {kind}: {few}"
            yield Problem(column.name, what, hint, "columns"), found.share > MOST


def _drops(feed: Feed, table: Table) -> Iterator[Sure]:
    """Find the drops that fail on a record: a run would end there."""
    left = list(feed.drops)
    for row in table.rows() if left else ():
        for drop in list(left):
            try:
                is_dropped(feed, drop, dict(zip(table.header, row, strict=True)))
            except PluginFault as fault:
                left.remove(drop)
                yield Problem(drop.column, fault.cause, "a run ends there, and loads nothing", "drops"), True


def _statuses(feed: Feed, table: Table) -> Iterator[Sure]:
    status = feed.roles.status
    if status not in table.header:
        return
    cells = ((text, many) for text, many in table.counts(table.header.index(status)) if text not in feed.nulls)
    words = {word for word, _ in spelt(next(column for column in feed.columns if column.name == status), cells)}
    said = f"it says {', '.join(map(repr, sorted(words)[:8]))}"
    missing = [word for word in feed.roles.closed_statuses if word not in words]
    if missing and len(missing) == len(feed.roles.closed_statuses):
        closed, ended = feed.roles.closed, _has_ended(feed, table)
        hint = f"without a closed one every ticket is open for ever, but some have a time in {closed!r}"
        if not ended:
            hint = "that is right if each of its tickets is open" + (
                f": none has a time in {closed!r}" if closed else ""
            )
        yield Problem(missing[0], f"no {status} in sample.csv is a closed one; {said}", hint, "roles"), ended
        return
    for word in missing:
        yield Problem(word, f"no {status} in sample.csv is {word!r}; {said}", part="roles"), False


def _has_ended(feed: Feed, table: Table) -> bool:
    """Tell whether a ticket of the sample has a closing time."""
    closed = feed.roles.closed
    if closed is None or closed not in table.header:
        return False
    return any(text not in feed.nulls for text, _ in table.counts(table.header.index(closed)))
