"""Check a declaration against its sample: everything it names has to occur there and be readable.

`feeds check` and the conformance kit use it; the cells of a column are judged as `feeds diff` judges them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from fleetfeed.errors import PluginFault, UsageError
from fleetfeed.feed import Column, Feed, Moment, YesNo
from fleetfeed.feed.callables import is_dropped
from fleetfeed.feed.problems import Problem
from fleetfeed.feed.reading import Unread, folded, unread
from fleetfeed.model import RowRejected
from fleetfeed.scaffold.table import Table, tabulated
from fleetfeed.text.suggest import nearest

_MOST = 0.5  # share of a column's cells; if more are unreadable, the declaration is wrong, not the sample

Sure = tuple[Problem, bool]  # a problem, and whether it is certainly a mistake


def sample_problems(feed: Feed, sample: Path, *, repaired: bool = False) -> Iterator[Sure]:
    """List the problems; those without a `part` are about the sample.

    `repaired`: the feed's own feed_normalise may change cells, so that unreadable ones are only noted.
    """
    try:
        with tabulated(sample, feed.layout) as table:
            check = _Check(feed, table, repaired=repaired)
            for found in (check.columns(), check.drops(), check.records(), check.cells(), check.statuses()):
                yield from found
    except UsageError as error:
        yield Problem("", error.cause, error.next_step), True


def never_met(feed: Feed) -> Iterator[Problem]:
    """Yield declared words that no cell can ever equal."""
    lowered = [("drops", drop.column, drop.words) for drop in feed.drops]
    lowered += [
        ("columns", column.name, (*column.yes, *column.no)) for column in feed.columns if isinstance(column, YesNo)
    ]
    for part, name, words in lowered:
        for word in words:
            if word != word.strip().lower():
                hint = "cells are compared with it trimmed, in lower case"
                yield Problem(name, f"no cell of {name!r} is {word!r}", hint, part)
    if feed.sentinel is not None and feed.sentinel != feed.sentinel.strip():
        hint = "cells are compared with it trimmed"
        yield Problem(feed.sentinel, f"no record begins with {feed.sentinel!r}", hint, "sentinel")
    yield from _unfolded(feed, feed.roles.status, feed.roles.closed_statuses, "roles")
    yield from _unfolded(feed, feed.roles.cluster, feed.aliases, "aliases")


def _unfolded(feed: Feed, name: str | None, words: Iterable[str], part: str) -> Iterator[Problem]:
    """Yield words that their column's fold would change."""
    if (spelling := feed.spellings.get(name or "")) is None:
        return
    for word in words:
        try:
            text = spelling(word)
            hint = f"its fold makes {text!r} of it"
        except RowRejected as error:
            text, hint = "", f"{error.reason} {error.detail}"
        if text != word:
            yield Problem(word, f"no {name} is {word!r}", hint, part)


class _Check:
    """The checks of one sample."""

    def __init__(self, feed: Feed, table: Table, *, repaired: bool) -> None:
        self._feed, self._table, self._repaired = feed, table, repaired
        there = [column for column in feed.columns if column.name in table.header]
        self._read = [(column, unread(column, self._counts(column.name))) for column in there]

    def _counts(self, name: str) -> Iterator[tuple[str, int]]:
        cells = self._table.counts(self._table.header.index(name))
        return ((text, many) for text, many in cells if text not in self._feed.nulls)

    def columns(self) -> Iterator[Sure]:
        """Yield missing columns, and folds that fail, whatever feed_normalise does."""
        feed, there = self._feed, self._table.header
        for name, part in ((feed.key, "key"), *((column.name, "columns") for column in feed.columns)):
            if name not in there:
                near = nearest(name, (spelt for spelt in there if spelt not in feed.known))
                hint = f"`headers` can say that {near!r} is it" if near else "leave it out, or add it to the sample"
                kind = "key" if part == "key" else "column"
                yield Problem(name, f"the {kind} {name!r} is not in sample.csv", hint, part), True
        for column, found in self._read:
            if found.failed:
                what = f"on {found.failed} of {found.filled} cells of {column.name!r} its fold fails: {found.failure}"
                hint = "a run rejects their records: the fold has to return a text for each cell, if only the cell"
                yield Problem(column.name, what, hint, "columns"), True

    def drops(self) -> Iterator[Sure]:
        """Yield drops that raise on a record: a run would fail there."""
        left = list(self._feed.drops)
        for row in self._table.rows() if left else ():
            for drop in list(left):
                try:
                    is_dropped(self._feed, drop, dict(zip(self._table.header, row, strict=True)))
                except PluginFault as fault:
                    left.remove(drop)
                    yield Problem(drop.column, fault.cause, "a run ends there, and loads nothing", "drops"), True

    def records(self) -> Iterator[Sure]:
        """Yield notes about columns and records that are not loaded."""
        feed, table = self._feed, self._table
        for name in feed.ignore:
            if name not in table.header:
                yield Problem(name, f"the ignored column {name!r} is not in sample.csv", part="ignore"), False
        if unknown := [name for name in table.header if name not in feed.known]:
            what = f"not declared, so without a column of the table: {', '.join(unknown)}"
            yield Problem("", what, "they stay in `raw`"), False
        for item in table.left_out:
            yield Problem("", f"record {item.record} of sample.csv{item}"), False
        if table.unreadable:
            yield Problem("", f"{table.unreadable} of {table.spool.records} records cannot be read"), False

    def cells(self) -> Iterator[Sure]:
        """Yield columns without cells, or with cells of another kind."""
        for column, found in self._read:
            if not found.filled:
                yield Problem(column.name, f"{column.name!r} is always empty in sample.csv", part="columns"), False
            elif found.wrong:
                yield self._unreadable(column, found), found.share > _MOST and not self._repaired

    def _unreadable(self, column: Column, found: Unread) -> Problem:
        kind, few = type(column).__name__, ", ".join(map(repr, found.examples))
        hint = "`formats` says how its times are written" if isinstance(column, Moment) else "Text reads everything"
        what = f"{found.wrong} of {found.filled} cells of {column.name!r} are no {kind}: {few}"
        return Problem(column.name, what, hint, "columns")

    def statuses(self) -> Iterator[Sure]:
        """Yield closed statuses that never occur; if none does, every ticket stays open for ever."""
        roles = self._feed.roles
        status = next((column for column, _ in self._read if column.name == roles.status), None)
        if status is None:
            return
        words = {word for word, _ in folded(status, self._counts(status.name))}
        seen = f"it has {', '.join(map(repr, sorted(words)[:8]))}"
        missing = [word for word in roles.closed_statuses if word not in words]
        if missing and len(missing) == len(roles.closed_statuses):
            ended = any(found.filled for column, found in self._read if column.name == roles.closed)
            hint = f"without a closed one every ticket is open for ever, but some have a time in {roles.closed!r}"
            if not ended:
                hint = "that is right if each of its tickets is open"
                hint += f": none has a time in {roles.closed!r}" if roles.closed else ""
            what = f"no {status.name} in sample.csv is a closed one; {seen}"
            yield Problem(missing[0], what, hint, "roles"), ended and not self._repaired
            return
        for word in missing:
            yield Problem(word, f"no {status.name} in sample.csv is {word!r}; {seen}", part="roles"), False
