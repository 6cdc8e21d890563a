"""Why this unit and not another: the second best for a ticket, and the nearer units that do not go there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fleetfeed.dispatch.costs import metres
from fleetfeed.dispatch.objects import Idle, Other
from fleetfeed.dispatch.rounds import Round

_MOST = 3


class Others:
    """Compare the units for one ticket of the first round."""

    def __init__(self, first: Round, off: Sequence[Idle]) -> None:
        self._first = first
        self._pinned = {ticket_id: unit for unit, ticket_id in first.wishes.pinned}
        self._off = [(each, each.unit.point) for each in off if each.unit.point and each.unit.point.exists]

    def next_best(self, row: int, column: int, goes: Mapping[int, int]) -> Other | None:
        """Return the unit that costs least beside the chosen one, or less; None if no other may go."""
        costs = self._first.costs[:, column].copy()
        costs[row] = np.inf
        best = int(np.argmin(costs))
        if not np.isfinite(costs[best]):
            return None
        is_better = costs[best] < self._first.costs[row, column]
        return self._other(best, row, column, self._why(best, column, goes) if is_better else "second best")

    def nearer(self, row: int, column: int, goes: Mapping[int, int]) -> tuple[Other, ...]:
        """Return the units that are nearer but do not go, the nearest first; `goes` is the assignment."""
        limit = self._first.ways[row, column]
        found = [*self._usable(row, column, goes, limit), *self._unusable(column, limit)]
        return tuple(sorted(found, key=lambda other: (other.metres, other.unit))[:_MOST])

    def _usable(self, row: int, column: int, goes: Mapping[int, int], limit: float) -> Iterator[Other]:
        ways = self._first.ways[:, column]
        for other in np.flatnonzero(ways < limit).tolist():
            yield self._other(other, row, column, self._why(other, column, goes))

    def _unusable(self, column: int, limit: float) -> Iterator[Other]:
        place = self._first.tickets[column].point
        if not self._off or place is None:
            return
        ways = metres([point for _, point in self._off], [place])[:, 0].tolist()
        for (each, _), way in zip(self._off, ways, strict=True):
            if way < limit:
                yield Other(each.unit.unit, None, way, each.why)

    def _other(self, other: int, row: int, column: int, why: str) -> Other:
        costs = self._first.costs[:, column]
        more = float(costs[other] - costs[row]) if np.isfinite(costs[[other, row]]).all() else None
        return Other(self._first.units[other].unit, more, float(self._first.ways[other, column]), why)

    def _why(self, other: int, column: int, goes: Mapping[int, int]) -> str:
        unit, ticket = self._first.units[other].unit, self._first.tickets[column]
        if why := self._first.wishes.excluded.get((unit, ticket.ticket_id)):
            return f"excluded: {why}"
        if not self._first.has_skill[other, column]:
            return f"lacks the skill for {ticket.work}"
        if other in goes:
            return f"goes to {self._first.tickets[goes[other]].ticket_id}"
        if ticket.ticket_id in self._pinned:
            return "the ticket is pinned to the other unit"
        return "the last saved plan is kept"
