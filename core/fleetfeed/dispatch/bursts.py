"""One unit for each burst: which of its tickets stands for the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.objects import TicketNow, UnitNow
from fleetfeed.dispatch.rounds import Round, Wishes


def led_by(
    bursts: Sequence[Sequence[str]],
    units: Sequence[UnitNow],
    tickets: Sequence[TicketNow],
    rules: DispatchSettings,
    wishes: Wishes,
) -> dict[str, str]:
    """Return, for the tickets that go with a burst, the ticket that stands for them.

    A pinned ticket stands for the others, and never goes with one; without a pin it is the ticket of most worth that a
    unit can take and reach.
    """
    known = {ticket.ticket_id: ticket for ticket in tickets}
    pinned = {ticket_id for _, ticket_id in wishes.pinned}
    starts = [unit.point for unit in units if unit.point]
    found: dict[str, str] = {}
    for burst in bursts:
        here = [known[ticket_id] for ticket_id in burst if ticket_id in known]
        if not here:
            continue
        alone = Round(units, starts, here, rules, wishes)
        names = [ticket.ticket_id for ticket in here]
        can_go = np.isfinite(alone.costs.min(axis=0, initial=np.inf)).tolist()
        _, _, _, lead = min(
            (name not in pinned, not can, -worth, name)
            for name, can, worth in zip(names, can_go, alone.worths.tolist(), strict=True)
        )
        found |= {name: lead for name in names if name != lead and name not in pinned}
    return found


def joined(tickets: Sequence[TicketNow], leads: Mapping[str, str]) -> list[TicketNow]:
    """Return the tickets that take part for themselves; those that stand for others have them as followers."""
    followers: defaultdict[str, list[TicketNow]] = defaultdict(list)
    for ticket in tickets:
        if lead := leads.get(ticket.ticket_id):
            followers[lead].append(ticket)
    alone = (ticket for ticket in tickets if ticket.ticket_id not in leads)
    return [
        ticket._replace(followers=tuple(found)) if (found := followers.get(ticket.ticket_id)) else ticket
        for ticket in alone
    ]
