"""filter and normalise, row by row: what an export's changed rows become on their way to the upsert."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.errors import BalanceBroken
from fleetfeed.feed import Feed
from fleetfeed.model import Reject, Row, RowRejected, RunReport, Ticket

if TYPE_CHECKING:
    from fleetfeed.hookspecs import Hooks
    from fleetfeed.reader import Export


def tickets_of(feed: Feed, hooks: Hooks, export: Export, report: RunReport) -> Iterator[Ticket]:
    """Filter and normalise the changed rows, one by one, and keep count of those that go no further."""
    bad: dict[int, tuple[Row, RowRejected]] = {}
    renamed: set[str] = set()

    def kept(rows: Iterator[Row]) -> Iterator[Ticket]:
        for row in rows:
            reason = hooks.feed_filter(feed=feed, row=row)
            if reason is not None:
                report.rows.dropped[reason] += 1
                if row.key:
                    export.dropped.add(row.key)
                continue
            try:
                ticket = hooks.feed_normalise(feed=feed, row=row)
            except RowRejected as rejected:
                bad[row.number] = (row, rejected)
                continue
            if ticket is None:
                raise BalanceBroken(f"No plugin normalised row {row.number} of feed {feed.name}.")
            if ticket.key != row.key:
                renamed.add(ticket.key)
            yield ticket

    yield from kept(export.changed())
    if renamed:  # two keys of the export may be one ticket: the row held to be unchanged competes, too
        export.seen |= renamed
        yield from kept(export.unchanged_of(renamed))
    if bad:
        for number, (record, line, raw) in export.evidence(set(bad)).items():
            row, rejected = bad[number]
            report.rejects.append(Reject(record, line, rejected.reason, rejected.detail, raw, row.key))
            report.rows.rejected[rejected.reason] += 1
