"""The stages filter and normalise: row by row, or by SQL where the declaration allows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fleetfeed.database.load import copy_text
from fleetfeed.errors import BalanceBroken
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hooks_of
from fleetfeed.model import Reject, Row, RowRejected, Ticket
from fleetfeed.reader.compiled import Way, why_not
from fleetfeed.stages.filter import feed_filter
from fleetfeed.stages.normalise import feed_normalise

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.reader.comparison import Comparison
    from fleetfeed.reader.export import Export


class Judged(NamedTuple):
    """What became of one row: a ticket, or why it is none."""

    row: Row
    ticket: Ticket | None = None
    dropped: str = ""
    rejected: RowRejected | None = None


def judge(feed: Feed, manager: pluggy.PluginManager, rows: Iterable[Row]) -> Iterator[Judged]:
    """Filter and normalise rows."""
    hooks = hooks_of(manager)
    for row in rows:
        if (reason := hooks.feed_filter(feed=feed, row=row)) is not None:
            yield Judged(row, dropped=reason)
            continue
        try:
            ticket = hooks.feed_normalise(feed=feed, row=row)
        except RowRejected as rejected:
            yield Judged(row, rejected=rejected)
            continue
        if ticket is None:
            raise BalanceBroken(f"No plugin normalised row {row.number} of feed {feed.name}.")
        yield Judged(row, ticket)


def why_by_row(feed: Feed, manager: pluggy.PluginManager) -> str:
    """Return why Python filters and normalises the rows of a feed one by one; empty if SQL does it."""
    for hook in (manager.hook.feed_filter, manager.hook.feed_normalise):
        for impl in hook.get_hookimpls():
            if impl.function not in (feed_filter, feed_normalise):
                return f"{impl.plugin_name} implements {hook.name}"
    return why_not(feed)


class Tickets(Iterator[Ticket]):
    """The tickets of the changed rows, in file order one by one; collects what is dropped and rejected on the way.

    `judged`: the rows, if they were filtered and normalised before. `compile_from`: the number of changed rows from
    which they may be read by SQL; None: never.
    """

    def __init__(
        self,
        feed: Feed,
        manager: pluggy.PluginManager,
        export: Export,
        comparison: Comparison,
        judged: Iterable[Judged] | None = None,
        compile_from: int | None = None,
    ) -> None:
        self._feed, self._manager, self._export, self._comparison = feed, manager, export, comparison
        self.dropped = Counter[str]()  # reason → rows
        self.dropped_keys: set[str] = set()
        self.renamed: set[str] = set()  # keys of tickets whose row has another key
        self.rejects: list[Reject] = []
        self.warnings: list[str] = []
        self.exhausted = False
        self._bad: dict[int, tuple[Row, RowRejected]] = {}
        normalisers = manager.hook.feed_normalise.get_hookimpls()
        # The core trims a key as the reader does; a plugin may give two rows the same key.
        self.keys_may_meet = any(not impl.plugin_name.startswith("core.") for impl in normalisers)
        self._begun, self._compile_from = False, compile_from
        self._all = self._tickets(judge(feed, manager, comparison.changed()) if judged is None else judged)

    def __next__(self) -> Ticket:
        """Return the next ticket."""
        self._begun = True
        return next(self._all)

    def copy_lines(self) -> Iterator[str]:
        """Yield what is left as lines for COPY: those of compiled rows first, then those of rows that need Python."""
        if self._begun or not self._is_compiled():
            yield from map(copy_text.line, self)
            return
        self._begun, by_row = True, list[int]()
        for way, number, drop, text in self._comparison.written_as_sql(self._feed, self._export.total):
            if way == Way.BY_ROW or text is None:
                by_row.append(number)
            elif way == Way.TICKET:
                yield text
            else:
                self.dropped[self._feed.drops[drop].reason] += 1
                self.dropped_keys.add(text)
        rows = self._comparison.rows(by_row) if by_row else ()
        yield from map(copy_text.line, self._tickets(judge(self._feed, self._manager, rows)))

    @property
    def rejected_rows(self) -> set[int]:
        """The numbers of the rows that could not be normalised."""
        return set(self._bad)

    def _is_compiled(self) -> bool:
        if self._compile_from is None or why_by_row(self._feed, self._manager):
            return False
        return self._comparison.count_changed() >= self._compile_from and not self._comparison.holds_separator()

    def _tickets(self, judged: Iterable[Judged]) -> Iterator[Ticket]:
        yield from self._kept(judged)
        if self.renamed:  # an unchanged row may now share its key with a renamed one
            again = self._comparison.unchanged_of(self.renamed)
            yield from self._kept(judge(self._feed, self._manager, again))
        if self._bad:
            self.rejects += self._evidence()
        self.exhausted = True

    def _kept(self, judged: Iterable[Judged]) -> Iterator[Ticket]:
        for row, ticket, dropped, rejected in judged:
            if rejected is not None:
                self._bad[row.number] = (row, rejected)
            elif ticket is None:
                self.dropped[dropped] += 1
                if row.key:
                    self.dropped_keys.add(row.key)
            else:
                if ticket.key != row.key:
                    self._rename(ticket, row)
                if row.number == self._export.total:
                    self._warn_of_total(row)
                yield ticket

    def _evidence(self) -> Iterator[Reject]:
        """Cut the rejected records out of the file."""
        for number, found in self._export.evidence(set(self._bad)).items():
            row, why = self._bad[number]
            size = found.size if found.size > len(found.raw) else None
            yield Reject(found.record, found.line, why.reason, why.detail, found.raw, row.key, size)

    def _warn_of_total(self, row: Row) -> None:
        line = self._export.evidence({row.number})[row.number].line
        self.warnings.append(
            f"{row.key!r} on line {line:,}, the last record, looks like a total, and is loaded as a ticket; if it is "
            "none, drop it by `drops=` of the feed"
        )

    def _rename(self, ticket: Ticket, row: Row) -> None:
        if not self.keys_may_meet:
            raise BalanceBroken(f"Row {row.number} of feed {self._feed.name} has another key than the reader found.")
        self.renamed.add(ticket.key)
