"""Which known tickets an export no longer lists, or lists again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from fleetfeed import interfaces
from fleetfeed.errors import BalanceBroken
from fleetfeed.model import Reject

if TYPE_CHECKING:
    from fleetfeed.reader.facts import Facts


class Tickets(interfaces.Tickets, Protocol):
    """The tickets to write, and what became of the other rows: known when all tickets are read."""

    dropped: Counter[str]  # reason → rows
    dropped_keys: set[str]
    renamed: set[str]  # keys of tickets whose row has another key
    rejects: list[Reject]
    warnings: list[str]
    exhausted: bool  # whether all tickets were read


class Compared(Protocol):
    """An export beside the table of its feed."""

    def unchanged(self) -> int:
        """Count the rows that are in the table already."""

    def open(self) -> int:
        """Count the open tickets that the table has as listed."""

    def vanished(self, dropped: Collection[str], seen: Collection[str]) -> list[str]:
        """Find the open tickets that the export does not list, or lists only as `dropped`."""

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets whose row is back, unchanged."""


@dataclass(slots=True)
class Presence:
    """Compares the tickets of an export with those of the table; `feed_upsert` gets it as `export`."""

    facts: Facts
    comparison: Compared
    tickets: Tickets
    complete: bool = False  # whether a ticket that is not listed is absent
    absent_ratio: float = 1.0  # share of the open tickets that may disappear at once …
    absent_floor: int = 0  # … or this number, if it is more
    hold: bool = False  # no ticket becomes absent, whatever is missing
    open: int = field(default=0, init=False)  # open tickets before the load
    missed: int = field(default=0, init=False)  # those of them that are not listed

    def vanished(self) -> Iterator[str]:
        """Yield the open tickets that the export does not list, or lists only as dropped.

        Nothing if the export is incomplete, also because too many are missing.
        """
        if not self.complete:
            return
        if not self.tickets.exhausted:
            raise BalanceBroken("feed_upsert asked which tickets vanished before it had read all tickets.")
        seen = self.tickets.renamed | {reject.key for reject in self.facts.rejects if reject.key}
        vanished = self.comparison.vanished(self.tickets.dropped_keys, seen)
        if vanished:
            self.open, self.missed = self.comparison.open(), len(vanished)
        if not self.misses_too_many and not self.hold:
            yield from vanished

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets whose row is back, unchanged."""
        yield from self.comparison.returned()

    @property
    def misses_too_many(self) -> bool:
        """Whether more open tickets are missing than a complete export may leave out."""
        return self.missed > self.absent_floor and self.missed > self.absent_ratio * self.open
