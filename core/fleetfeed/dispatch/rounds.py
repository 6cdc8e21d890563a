"""Assign stop by stop: each round is one exact assignment, from where each unit then is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.assign import assign
from fleetfeed.dispatch.costs import metres, minutes
from fleetfeed.dispatch.eligibility import worth
from fleetfeed.dispatch.objects import Drive, Pair, TicketNow, UnitNow
from fleetfeed.geo import Point

if TYPE_CHECKING:
    from fleetfeed.dispatch.costs import Flags, Matrix

_PINNED = 1e6  # minutes: more than any drive


@dataclass(frozen=True)
class Wishes:
    """What a dispatcher and the last plan want: pairs to make, to avoid, and to keep if that costs little."""

    pinned: frozenset[Pair] = frozenset()
    excluded: Mapping[Pair, str] = field(default_factory=dict)  # with the dispatcher's reason
    kept: frozenset[Pair] = frozenset()


@dataclass(frozen=True)
class Round:
    """One assignment: its units with their starts, its tickets, and all costs between them."""

    units: Sequence[UnitNow]
    starts: Sequence[Point]
    tickets: Sequence[TicketNow]
    rules: DispatchSettings
    wishes: Wishes
    stop: int = 1

    @cached_property
    def ways(self) -> Matrix:
        """Metres from each unit to each ticket."""
        return metres(self.starts, [ticket.point for ticket in self.tickets if ticket.point])

    @cached_property
    def drives(self) -> Matrix:
        """Minutes of each drive."""
        return minutes(self.ways, self.tickets, self.rules)

    @cached_property
    def worths(self) -> Matrix:
        """Minutes that each ticket is worth: one row."""
        return np.array([worth(ticket, self.rules) for ticket in self.tickets], dtype=np.float64)

    @cached_property
    def costs(self) -> Matrix:
        """The drive less the worth, whatever is pinned; infinite where a unit cannot take a ticket."""
        can_take = self.can_take & (self.ways <= self.rules.reach_km * 1000)
        found: Matrix = np.where(can_take, self.drives - self.worths, np.inf)
        return found

    @cached_property
    def wanted(self) -> Matrix:
        """The costs by which pairs are chosen: those of pairs to keep are lower, and those of pins far below all."""
        found: Matrix = np.where(self.may_take, self.costs, np.inf)
        for place in self.places(self.wishes.kept - self.wishes.pinned):
            found[place] -= self.rules.sticky_minutes
        for place in self.places(self.wishes.pinned):
            found[place] = self.drives[place] - _PINNED
        return found

    def pairs(self) -> list[tuple[int, int]]:
        """Return the assignment, as places in `units` and `tickets`."""
        return assign(self.wanted)

    def drive(self, row: int, column: int) -> Drive:
        """Return what a ticket costs a unit."""
        return Drive(float(self.ways[row, column]), float(self.drives[row, column]), float(self.worths[column]))

    @cached_property
    def has_skill(self) -> Flags:
        """Whether each unit can do a ticket's kind of work."""
        kinds = np.array([ticket.kind or "" for ticket in self.tickets], dtype=object)
        found = np.ones((len(self.units), len(self.tickets)), dtype=np.bool_)
        for row, unit in enumerate(self.units):
            if unit.skills:
                found[row] = np.isin(kinds, [*unit.skills, ""])
        return found

    @cached_property
    def can_take(self) -> Flags:
        """Whether each unit has the skill for a ticket, and no hold excludes the pair."""
        found = self.has_skill.copy()
        for place in self.places(self.wishes.excluded):
            found[place] = False
        return found

    @cached_property
    def may_take(self) -> Flags:
        """Whether each unit can take a ticket, and the ticket is not pinned to another; a pin overrules skills."""
        found = self.can_take.copy()
        found[:, [self._columns[ticket] for _, ticket in self.wishes.pinned if ticket in self._columns]] = False
        for place in self.places(self.wishes.pinned):
            found[place] = True
        return found

    def places(self, pairs: Iterable[Pair]) -> Iterator[tuple[int, int]]:
        """Yield where pairs are in the matrices; those of other units or tickets are left out."""
        for unit, ticket_id in pairs:
            if unit in self._rows and ticket_id in self._columns:
                yield self._rows[unit], self._columns[ticket_id]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {unit.unit: row for row, unit in enumerate(self.units)}

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {ticket.ticket_id: column for column, ticket in enumerate(self.tickets)}


Played = tuple[Round, list[tuple[int, int]]]  # with its pairs


def rounds(
    units: Sequence[UnitNow], tickets: Sequence[TicketNow], rules: DispatchSettings, wishes: Wishes, per_unit: int
) -> Iterator[Played]:
    """Yield each round with its pairs; the first always, even if it has none.

    Units and tickets are sorted, so that their order does not decide between equal costs.
    """
    going = sorted(((unit, unit.point) for unit in units if unit.point), key=lambda each: each[0].unit)
    left = sorted(tickets, key=lambda ticket: ticket.ticket_id)
    for stop in range(1, per_unit + 1):
        can = [(unit, start) for unit, start in going if unit.most_tickets is None or unit.most_tickets >= stop]
        this = Round([unit for unit, _ in can], [start for _, start in can], left, rules, wishes, stop)
        pairs = this.pairs()
        if stop == 1 or pairs:
            yield this, pairs
        if not pairs:
            return
        going = [(this.units[row], point) for row, column in pairs if (point := left[column].point)]
        taken = {column for _, column in pairs}
        left = [ticket for column, ticket in enumerate(left) if column not in taken]
