"""Which known tickets an export no longer lists, or lists again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleetfeed.errors import BalanceBroken

if TYPE_CHECKING:
    from fleetfeed.pipeline.transform import Tickets
    from fleetfeed.reader.comparison import Comparison
    from fleetfeed.reader.export import Export


@dataclass(slots=True)
class Presence:
    """Compares the tickets of an export with those of the table; `feed_upsert` gets it as `export`."""

    export: Export
    comparison: Comparison
    tickets: Tickets
    complete: bool = False  # whether a ticket that is not listed is absent
    absent_ratio: float = 1.0  # share of the open tickets that may disappear at once …
    absent_floor: int = 0  # … or this number, if it is more
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
        seen = self.tickets.renamed | {reject.key for reject in self.export.rejects if reject.key}
        vanished = self.comparison.vanished(self.tickets.dropped_keys, seen)
        self.open, self.missed = self.comparison.open(), len(vanished)
        if not self.misses_too_many:
            yield from vanished

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets whose row is back, unchanged."""
        yield from self.comparison.returned()

    @property
    def misses_too_many(self) -> bool:
        """Whether more open tickets are missing than a complete export may leave out."""
        return self.missed > self.absent_floor and self.missed > self.absent_ratio * self.open
