"""A prepared export beside the table, which holds the export before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleetfeed.database.load import diff
from fleetfeed.errors import BalanceBroken
from fleetfeed.model import Reject, Ticket

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.pipeline.prepare import Prepared


@dataclass(frozen=True, slots=True)
class AgainstBefore:
    """Answers as `reader.Comparison` does, from what was prepared and a few rows of the table."""

    db: Database
    feed: Feed
    prepared: Prepared
    known: Mapping[str, bool]  # tickets that the export before did not list, but the table has → whether absent

    @classmethod
    def of(cls, db: Database, feed: Feed, prepared: Prepared) -> AgainstBefore:
        """Compare a prepared export with the table."""
        return cls(db, feed, prepared, diff.known_tickets(db, feed, dict(prepared.arrived.values())))

    def unchanged(self) -> int:
        """Count the rows that are in the table already."""
        return self.prepared.unchanged + len(self.known)

    def open(self) -> int:
        """Count the open tickets that the table has as listed."""
        return diff.count_open(self.db, self.feed)

    def vanished(self, dropped: Collection[str], seen: Collection[str]) -> list[str]:
        """Find the open tickets that the export does not list any more; `prepare` has looked at the others."""
        return diff.open_tickets(self.db, self.feed, self.prepared.departed)

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets whose row is back, unchanged."""
        yield from sorted(key for key, absent in self.known.items() if absent)


class PreparedTickets(Iterator[Ticket]):
    """The tickets of a prepared export, as lines for COPY alone; `known` stand in the table as they are."""

    keys_may_meet = False

    def __init__(self, prepared: Prepared, known: Collection[str]) -> None:
        self._lines = prepared.lines
        self._known = {number for number, (key, _) in prepared.arrived.items() if key in known}
        self.dropped: Counter[str] = prepared.dropped
        self.dropped_keys = set[str]()
        self.renamed = set[str]()
        self.rejects: list[Reject] = prepared.rejects
        self.warnings: list[str] = prepared.warnings
        self.exhausted = False

    def __next__(self) -> Ticket:
        """Raise BalanceBroken: only the core's own upsert writes what was prepared."""
        raise BalanceBroken("A prepared export has no tickets, only lines.")

    def copy_lines(self) -> Iterator[str]:
        """Yield the lines."""
        if self._known:
            yield from (line for line in self._lines if int(line.partition("\t")[0]) not in self._known)
        else:
            yield from self._lines
        self.exhausted = True
