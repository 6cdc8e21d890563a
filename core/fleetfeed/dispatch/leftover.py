"""Why a ticket that takes part gets no unit, and a unit no ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from math import isfinite

import numpy as np

from fleetfeed.dispatch.objects import Hold, Idle, Pair, Refused
from fleetfeed.dispatch.rounds import Round
from fleetfeed.states import IdleReason, TicketRefusal
from fleetfeed.text.escape import counted


def refused(first: Round, taken: Set[str], off: Sequence[Idle], pins: Mapping[Pair, Hold]) -> Iterator[Refused]:
    """Yield the tickets without a unit, with the reason; `off` are the units that take no part."""
    pinned = {ticket_id: (unit, hold.why) for (unit, ticket_id), hold in pins.items()}
    least = first.costs.min(axis=0, initial=np.inf).tolist()
    for column, (ticket, cost) in enumerate(zip(first.tickets, least, strict=True)):
        if ticket.ticket_id in taken:
            continue
        if pin := pinned.get(ticket.ticket_id):
            unit, why = pin
            yield Refused(ticket, TicketRefusal.HELD, f"pinned to {unit}, which has no stop left: {why}")
        elif not first.units:
            yield Refused(ticket, TicketRefusal.NO_UNIT, _counted(off))
        else:
            yield Refused(ticket, *_why_refused(first, column, cost))


def idle(first: Round, busy: Set[str]) -> Iterator[Idle]:
    """Yield the usable units without a ticket, with the reason."""
    for row, unit in enumerate(first.units):
        if unit.unit not in busy:
            yield Idle(unit, *_why_idle(first, row))


def _counted(off: Sequence[Idle]) -> str:
    if not off:
        return "there are no units"
    reasons = Counter(each.reason for each in off).most_common()
    return f"{counted(len(off), 'unit')}: {', '.join(f'{n:,} {reason}' for reason, n in reasons)}"


def _why_refused(first: Round, column: int, least_cost: float) -> tuple[TicketRefusal, str]:
    if least_cost < 0:
        return TicketRefusal.WORTH_LESS, "the units in reach do more elsewhere"
    if isfinite(least_cost):
        drive = first.drive(int(first.costs[:, column].argmin()), column)
        return TicketRefusal.NOT_WORTH, f"a drive of {drive.minutes:,.0f} min, worth {drive.worth:,.0f}"
    ticket = first.tickets[column]
    able = np.flatnonzero(first.has_skill[:, column]).tolist()
    if not able:
        return TicketRefusal.NO_SKILL, f"no usable unit has the skill for {ticket.work}"
    free = np.flatnonzero(first.can_take[:, column]).tolist()
    if not free:
        return TicketRefusal.HELD, first.wishes.excluded[first.units[able[0]].unit, ticket.ticket_id]
    nearest = min(first.ways[row, column] for row in free)
    return TicketRefusal.OUT_OF_REACH, f"the nearest unit that can take it is {nearest / 1000:,.1f} km away"


def _why_idle(first: Round, row: int) -> tuple[IdleReason, str]:
    if first.tickets and not first.has_skill[row].any():
        return IdleReason.NO_SKILL, "each ticket needs a skill that it lacks"
    costs = first.costs[row, first.may_take[row]]
    if not np.isfinite(costs).any():
        return IdleReason.NOTHING_IN_REACH, "no ticket that it may take is in reach"
    if costs.min() >= 0:
        return IdleReason.NOT_WORTH, "each drive costs more than its ticket is worth"
    return IdleReason.OTHERS_NEARER, "other units take the tickets that it could"
