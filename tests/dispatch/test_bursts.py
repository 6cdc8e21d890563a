"""A plan sends one unit to a burst: to a ticket that a unit can take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.dispatch.document import document
from fleetfeed.dispatch.eligibility import worth
from fleetfeed.dispatch.objects import Hold, Plan, TicketNow, UnitNow
from fleetfeed.dispatch.plan import check_balance
from fleetfeed.states import HoldKind, TicketRefusal
from tests.dispatch import towns
from tests.dispatch.towns import RULES, hold, pairs, plan, ticket, unit

FIBRE = unit("U0", skills=frozenset({"fibre"}))
OLD = ticket("OLD", age_minutes=9000)
YOUNG = ticket("YOUNG", age_minutes=3000)


def _with(made: Plan) -> dict[str, str]:
    return {each.ticket.ticket_id: each.why for each in made.refused if each.reason is TicketRefusal.WITH_BURST}


def test_one_unit_goes_to_the_ticket_of_most_worth() -> None:
    made = plan([unit("U0"), unit("U1")], [OLD, YOUNG], bursts=[["YOUNG", "OLD", "CLOSED"]])
    assert list(pairs(made).values()) == ["OLD"]
    assert _with(made) == {"YOUNG": "probably the same cause as OLD"}


def test_a_burst_is_worth_what_its_tickets_are_together() -> None:
    fresh = [ticket(f"B{number}", 2.5, sla_state="ok", age_minutes=60) for number in range(8)]
    names = [each.ticket_id for each in fresh]
    assert pairs(plan([unit("U0")], fresh)) == {}, "none of them alone is worth the drive"
    made = plan([unit("U0")], fresh, bursts=[names])
    assert pairs(made) == {"U0": "B0"}
    assert made.assignments[0].drive.worth == pytest.approx(sum(worth(each, RULES) for each in fresh))
    (stop,) = document(made, RULES)["assignments"]
    assert stop["reasons"][1] == "probably one cause of 8 tickets"


@pytest.mark.parametrize(
    ("tickets", "holds"),
    [
        ([OLD._replace(kind="power"), YOUNG], []),
        ([OLD, YOUNG], [hold(1, HoldKind.NOT, "U0", "OLD")]),
        ([OLD, YOUNG], [hold(1, HoldKind.PIN, "U0", "YOUNG")]),
        ([OLD._replace(point=ticket("FAR", 40).point), YOUNG], []),
        ([OLD._replace(is_actionable=False), YOUNG], []),
    ],
    ids=["skill", "exclusion", "pin", "reach", "not actionable"],
)
def test_the_lead_is_a_ticket_that_a_unit_may_take(tickets: list[TicketNow], holds: list[Hold]) -> None:
    made = plan([FIBRE], tickets, holds=holds, bursts=[["OLD", "YOUNG"]])
    assert pairs(made) == {"U0": "YOUNG"}
    assert made.ignored == ()


def test_two_pinned_tickets_of_a_burst_both_get_their_unit() -> None:
    holds = [hold(1, HoldKind.PIN, "U0", "YOUNG"), hold(2, HoldKind.PIN, "U1", "T2")]
    made = plan([FIBRE, unit("U1")], [OLD, YOUNG, ticket("T2")], holds=holds, bursts=[["OLD", "YOUNG", "T2"]])
    assert pairs(made) == {"U0": "YOUNG", "U1": "T2"}
    assert list(_with(made)) == ["OLD"]


@given(towns.units(), towns.tickets(), towns.holds(), st.integers(0, 6), st.integers(1, 2))
def test_a_burst_stays_behind_only_if_no_unit_can_take_any_of_it(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold], size: int, stops: int
) -> None:
    burst = [f"T{number}" for number in range(size)]
    rules = RULES.model_copy(update={"per_unit": stops})
    made = plan(units, tickets, holds=holds, bursts=[burst], rules=rules)
    check_balance(made)
    reasons = {each.ticket.ticket_id: each.reason for each in made.refused}
    followers = list(_with(made))
    if not followers:
        return
    (lead,) = {why.removeprefix("probably the same cause as ") for why in _with(made).values()}
    going = {each.ticket.ticket_id for each in made.assignments}
    assert lead in burst
    assert lead in going or reasons[lead] is not TicketRefusal.WITH_BURST
    alone = [each for each in tickets if each.ticket_id in followers]
    if reasons.get(lead) in (TicketRefusal.NO_SKILL, TicketRefusal.OUT_OF_REACH, TicketRefusal.NOT_WORTH):
        assert not any(plan(units, [each], holds=holds).assignments for each in alone)
