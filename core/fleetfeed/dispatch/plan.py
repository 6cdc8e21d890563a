"""Make a plan: who takes part, the assignment, and a reason for everyone who is left over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.bursts import joined, led_by
from fleetfeed.dispatch.eligibility import ticket_refusal, unit_refusal
from fleetfeed.dispatch.holds import Holds
from fleetfeed.dispatch.leftover import idle, refused
from fleetfeed.dispatch.objects import Assignment, Hold, Idle, Inputs, Pair, Plan, Refused, TicketNow, UnitNow
from fleetfeed.dispatch.others import Others
from fleetfeed.dispatch.rounds import Round, Wishes, rounds
from fleetfeed.dispatch.routes import rerouted
from fleetfeed.errors import BalanceBroken
from fleetfeed.states import PlanMethod, TicketRefusal


def make_plan(inputs: Inputs, rules: DispatchSettings, max_age: timedelta) -> Plan:
    """Return the plan of least cost: equal inputs give equal plans. `max_age` is that of positions."""
    holds = Holds(inputs.holds)
    units, off = _units(inputs, rules, max_age, holds)
    eligible, out = _tickets(inputs, rules, holds)
    pinned, ignored = holds.pins(units, off, eligible, out)
    wishes = Wishes(frozenset(pinned), holds.excluded, inputs.kept)
    leads = led_by(inputs.bursts, units, eligible, rules, wishes)
    tickets = joined(eligible, leads)
    in_rounds = list(rounds(units, tickets, rules, wishes, rules.per_unit))
    routed = rerouted(in_rounds)
    played = routed or in_rounds
    first = played[0][0]
    others = Others(first, off)
    made = [
        _assignment(this, row, column, pinned, others, dict(played[0][1]))
        for this, pairs in played
        for row, column in pairs
    ]
    ignored += [(pinned[pair], "no stop is left") for pair in pinned.keys() - {_pair(each) for each in made}]
    busy, taken = {each.unit.unit for each in made}, {each.ticket.ticket_id for each in made}
    plan = Plan(
        inputs,
        tuple(sorted(made, key=lambda each: (each.unit.unit, each.stop))),
        (*off, *idle(first, busy)),
        (*out, *_with_bursts(eligible, leads), *refused(first, taken, off, pinned)),
        tuple(sorted(ignored, key=lambda each: each[0].hold_id)),
        PlanMethod.EXACT if rules.per_unit == 1 else PlanMethod.ROUTES if routed else PlanMethod.ROUNDS,
    )
    check_balance(plan)
    return plan


def check_balance(plan: Plan) -> None:
    """Check that each open ticket and each unit is in the plan exactly once. Raises BalanceBroken."""
    tickets = [each.ticket.ticket_id for each in plan.assignments] + [each.ticket.ticket_id for each in plan.refused]
    units = {each.unit.unit for each in plan.assignments}
    all_units = [*units, *(each.unit.unit for each in plan.idle)]
    if sorted(tickets) != sorted(ticket.ticket_id for ticket in plan.inputs.tickets):
        raise BalanceBroken("The plan's tickets are not the open tickets.", effect="No plan was made.")
    if sorted(all_units) != sorted(unit.unit for unit in plan.inputs.units):
        raise BalanceBroken("The plan's units are not the units that there are.", effect="No plan was made.")


def _units(
    inputs: Inputs, rules: DispatchSettings, max_age: timedelta, holds: Holds
) -> tuple[list[UnitNow], list[Idle]]:
    usable, off = [], []
    for unit in sorted(inputs.units, key=lambda unit: unit.unit):
        why = unit_refusal(unit, rules, max_age, holds.off)
        if why is None:
            usable.append(unit)
        else:
            off.append(Idle(unit, *why))
    return usable, off


def _tickets(inputs: Inputs, rules: DispatchSettings, holds: Holds) -> tuple[list[TicketNow], list[Refused]]:
    eligible, out = [], []
    for ticket in sorted(inputs.tickets, key=lambda ticket: ticket.ticket_id):
        why = ticket_refusal(ticket, rules, holds.held)
        if why is None:
            eligible.append(ticket)
        else:
            out.append(Refused(ticket, *why))
    return eligible, out


def _with_bursts(eligible: Sequence[TicketNow], leads: Mapping[str, str]) -> Iterator[Refused]:
    for ticket in eligible:
        if lead := leads.get(ticket.ticket_id):
            yield Refused(ticket, TicketRefusal.WITH_BURST, f"probably the same cause as {lead}")


def _assignment(
    this: Round, row: int, column: int, pins: Mapping[Pair, Hold], others: Others, first: dict[int, int]
) -> Assignment:
    unit, ticket = this.units[row], this.tickets[column]
    pair = (unit.unit, ticket.ticket_id)
    is_first = this.stop == 1
    return Assignment(
        unit, ticket, this.stop, this.drive(row, column),
        pin=pins.get(pair),
        is_kept=pair in this.wishes.kept,
        next_best=others.next_best(row, column, first) if is_first else None,
        nearer=others.nearer(row, column, first) if is_first else (),
    )  # fmt: skip


def _pair(each: Assignment) -> tuple[str, str]:
    return each.unit.unit, each.ticket.ticket_id
