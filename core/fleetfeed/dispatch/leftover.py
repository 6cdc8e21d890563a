"""Why a ticket that takes part gets no unit, and a unit no ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from math import isfinite

import numpy as np

from fleetfeed.dispatch.objects import Drive, Idle, Refused
from fleetfeed.dispatch.rounds import Round
from fleetfeed.states import IdleReason, TicketRefusal


def refused(first: Round, taken: Set[str], excluded: Mapping[tuple[str, str], str] | None) -> Iterator[Refused]:
    """Yield the tickets without a unit, with the reason."""
    for column, (ticket, best) in enumerate(zip(first.tickets, _cheapest(first), strict=True)):
        if ticket.ticket_id not in taken:
            drive = None if best is None else first.drive(best, column)
            yield Refused(ticket, *(_why_left(drive) if drive else _why_barred(first, column, excluded or {})))


def idle(first: Round, busy: Set[str]) -> Iterator[Idle]:
    """Yield the usable units without a ticket, with the reason."""
    for row, unit in enumerate(first.units):
        if unit.unit not in busy:
            yield Idle(unit, *_why_idle(first, row))


def _cheapest(first: Round) -> list[int | None]:
    """Return the unit that each ticket costs least; None if no unit may take it."""
    if not first.units:
        return [None] * len(first.tickets)
    least = zip(first.costs.argmin(axis=0).tolist(), first.costs.min(axis=0).tolist(), strict=True)
    return [row if isfinite(cost) else None for row, cost in least]


def _why_left(cheapest: Drive) -> tuple[TicketRefusal, str]:
    if cheapest.cost >= 0:
        return TicketRefusal.NOT_WORTH, f"a drive of {cheapest.minutes:,.0f} min, worth {cheapest.worth:,.0f}"
    return TicketRefusal.WORTH_LESS, "each unit in reach has a ticket worth more"


def _why_barred(first: Round, column: int, excluded: Mapping[tuple[str, str], str]) -> tuple[TicketRefusal, str]:
    ticket = first.tickets[column]
    if not first.units:
        return TicketRefusal.NO_UNIT, "no unit is on duty with a position"
    able = [row for row in range(len(first.units)) if first.has_skill(row, column)]
    if not able:
        return TicketRefusal.NO_SKILL, f"no usable unit can do {ticket.kind}"
    free = [row for row in able if (first.units[row].unit, ticket.ticket_id) not in excluded]
    if not free:
        return TicketRefusal.HELD, excluded[first.units[able[0]].unit, ticket.ticket_id]
    nearest = min(first.ways[row, column] for row in free)
    return TicketRefusal.OUT_OF_REACH, f"the nearest unit is {nearest / 1000:,.1f} km away"


def _why_idle(first: Round, row: int) -> tuple[IdleReason, str]:
    costs = first.costs[row]
    if not np.isfinite(costs).any():
        return IdleReason.NOTHING_IN_REACH, "no ticket that it may take is in reach"
    if costs.min() >= 0:
        return IdleReason.NOT_WORTH, "each drive costs more than its ticket is worth"
    return IdleReason.OTHERS_NEARER, "other units take the tickets that it could"
