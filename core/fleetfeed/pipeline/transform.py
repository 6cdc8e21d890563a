"""The stages filter and normalise, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.errors import BalanceBroken
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hooks_of
from fleetfeed.model import Reject, Row, RowRejected, RunReport, Ticket

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.reader.export import Export


class Tickets(Iterator[Ticket]):
    """Filter and normalise the changed rows one by one, and count those that are dropped or rejected."""

    def __init__(self, feed: Feed, manager: pluggy.PluginManager, export: Export, report: RunReport) -> None:
        self._feed, self._hooks, self._export, self._report = feed, hooks_of(manager), export, report
        self._bad: dict[int, tuple[Row, RowRejected]] = {}
        self._renamed: set[str] = set()
        normalisers = manager.hook.feed_normalise.get_hookimpls()
        by_plugin = any(not impl.plugin_name.startswith("core.") for impl in normalisers)
        # The core trims a key as the reader does; a plugin may give two rows the same key.
        self.keys_may_meet = by_plugin or feed.key in feed.spellings
        self._all = self._tickets()

    def __next__(self) -> Ticket:
        """Return the next ticket, in file order."""
        return next(self._all)

    def _tickets(self) -> Iterator[Ticket]:
        yield from self._kept(self._export.changed())
        if self._renamed:  # an unchanged row may now share its key with a renamed one
            self._export.seen |= self._renamed
            yield from self._kept(self._export.unchanged_of(self._renamed))
        if self._bad:
            for number, found in self._export.evidence(set(self._bad)).items():
                row, why = self._bad[number]
                size = found.size if found.size > len(found.raw) else None
                reject = Reject(found.record, found.line, why.reason, why.detail, found.raw, row.key, size)
                self._report.rejects.append(reject)
                self._report.rows.rejected[why.reason] += 1

    def _kept(self, rows: Iterator[Row]) -> Iterator[Ticket]:
        feed, hooks = self._feed, self._hooks
        for row in rows:
            reason = hooks.feed_filter(feed=feed, row=row)
            if reason is not None:
                self._report.rows.dropped[reason] += 1
                if row.key:
                    self._export.dropped.add(row.key)
                continue
            try:
                ticket = hooks.feed_normalise(feed=feed, row=row)
            except RowRejected as rejected:
                self._bad[row.number] = (row, rejected)
                continue
            if ticket is None:
                raise BalanceBroken(f"No plugin normalised row {row.number} of feed {feed.name}.")
            if ticket.key != row.key:
                self._rename(ticket, row)
            if row.number == self._export.total:
                self._warn_of_total(row)
            yield ticket

    def _warn_of_total(self, row: Row) -> None:
        line = self._export.evidence({row.number})[row.number].line
        self._report.warnings.append(
            f"{row.key!r} on line {line:,}, the last record, looks like a total, and is loaded as a ticket; if it is "
            "none, drop it by `drops=` of the feed"
        )

    def _rename(self, ticket: Ticket, row: Row) -> None:
        if not self.keys_may_meet:
            raise BalanceBroken(f"Row {row.number} of feed {self._feed.name} has another key than the reader found.")
        self._renamed.add(ticket.key)
