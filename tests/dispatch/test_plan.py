"""The plan: of least cost, complete, and the same for the same input in any order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.dispatch.costs import metres
from fleetfeed.dispatch.eligibility import worth
from fleetfeed.dispatch.objects import Hold, Plan, Refused, TicketNow, UnitNow
from fleetfeed.dispatch.plan import check_balance
from fleetfeed.errors import BalanceBroken
from fleetfeed.states import HoldKind, IdleReason, TicketRefusal
from tests.dispatch import towns
from tests.dispatch.towns import RULES, hold, pairs, plan, ticket, unit


def _cost(unit: UnitNow, ticket: TicketNow) -> float:
    """Return what a pair costs, computed as the documentation says; infinite if it is forbidden."""
    assert unit.point
    assert ticket.point
    metres_apart = unit.point.km_to(ticket.point) * 1000
    if metres_apart > RULES.reach_km * 1000 or (unit.skills and ticket.kind and ticket.kind not in unit.skills):
        return float("inf")
    rough = 800 if ticket.source == "cluster" else 0
    return (metres_apart + rough) * RULES.detour / 1000 / RULES.speed_kmh * 60 - worth(ticket, RULES)


def _best(units: list[UnitNow], tickets: list[TicketNow]) -> float:
    """Return the least total cost of all assignments, by trying each."""
    if not units:
        return 0.0
    first, *others = units
    costs = [_best(others, tickets)]
    for place, each in enumerate(tickets):
        cost = _cost(first, each)
        if cost < 0:
            costs.append(cost + _best(others, tickets[:place] + tickets[place + 1 :]))
    return min(costs)


@given(towns.units(), towns.tickets())
def test_the_plan_costs_as_little_as_the_best_of_all(units: list[UnitNow], tickets: list[TicketNow]) -> None:
    made = plan(units, tickets)
    idle = {each.unit.unit: each.reason for each in made.idle}
    out = {each.ticket.ticket_id: each.reason for each in made.refused}
    unusable = {
        IdleReason.OFF_DUTY,
        IdleReason.NO_POSITION,
        IdleReason.OLD_POSITION,
        IdleReason.INACCURATE,
    }
    never = {TicketRefusal.NOT_ACTIONABLE, TicketRefusal.NO_PLACE, TicketRefusal.TOO_COARSE}
    usable = [unit for unit in units if idle.get(unit.unit) not in unusable]
    eligible = [ticket for ticket in tickets if out.get(ticket.ticket_id) not in never]
    assert sum(_cost(each.unit, each.ticket) for each in made.assignments) == pytest.approx(_best(usable, eligible))


@given(towns.units(), towns.tickets(), towns.holds(), st.randoms(), st.integers(1, 3))
def test_order_does_not_matter_and_everyone_is_in_the_plan(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold], chance: random.Random, stops: int
) -> None:
    rules = RULES.model_copy(update={"per_unit": stops})
    made = plan(units, tickets, holds=holds, rules=rules)
    check_balance(made)
    shuffled = [chance.sample(each, len(each)) for each in (units, tickets, holds)]
    again = plan(shuffled[0], shuffled[1], holds=shuffled[2], rules=rules)  # type: ignore[arg-type]  # mixed lists
    assert (again.assignments, again.refused, again.ignored) == (made.assignments, made.refused, made.ignored)
    assert sorted(each.unit.unit for each in again.idle) == sorted(each.unit.unit for each in made.idle)


@given(towns.units(), towns.tickets(), towns.holds())
def test_no_forbidden_pair_is_made(units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold]) -> None:
    made = plan(units, tickets, holds=holds)
    for each in made.assignments:
        pair = (each.unit.unit, each.ticket.ticket_id)
        assert not any(
            (hold.kind is HoldKind.NOT and (hold.unit, hold.ticket_id) == pair)
            or (hold.kind is HoldKind.OFF and (hold.unit == pair[0] or hold.ticket_id == pair[1]))
            for hold in holds
        )
        assert each.is_pinned or _cost(each.unit, each.ticket) <= 0


@given(towns.units(), towns.tickets(), towns.holds())
def test_each_pin_is_followed_or_says_why_not(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold]
) -> None:
    made = plan(units, tickets, holds=holds)
    followed = {(each.unit.unit, each.ticket.ticket_id) for each in made.assignments}
    ignored = {hold.hold_id for hold, _ in made.ignored}
    for each in holds:
        if each.kind is HoldKind.PIN:
            assert ((each.unit, each.ticket_id) in followed) or each.hold_id in ignored


def test_an_overdue_ticket_at_the_edge_of_town_gets_a_unit() -> None:
    near = [ticket(f"N{n}", 0.1 * n, sla_state="ok", age_minutes=10) for n in range(50)]
    made = plan([unit("U0"), unit("U1", 0.5)], [*near, ticket("EDGE", 18)])
    assert "EDGE" in pairs(made).values()


def test_the_last_plan_is_kept_unless_another_is_much_better() -> None:
    units, tickets = [unit("U0", 0), unit("U1", 1)], [ticket("T0", 0.2), ticket("T1", 0.9)]
    assert pairs(plan(units, tickets)) == {"U0": "T0", "U1": "T1"}
    crossed = [("U0", "T1"), ("U1", "T0")]
    assert pairs(plan(units, tickets, kept=crossed)) == dict(crossed)
    far = [ticket("T0", 0.2), ticket("T1", 9)]
    moved = [unit("U0", 0), unit("U1", 9)]
    assert pairs(plan(moved, far, kept=crossed)) == {"U0": "T0", "U1": "T1"}


def test_two_stops_are_driven_from_one_ticket_to_the_next() -> None:
    rules = RULES.model_copy(update={"per_unit": 2})
    made = plan([unit("U0")], [ticket("T0", 2), ticket("T1", 3)], rules=rules)
    assert [(each.ticket.ticket_id, round(each.drive.metres, -1)) for each in made.assignments] == [
        ("T0", 2000),
        ("T1", 1000),
    ]


def test_of_a_thousand_units_and_a_hundred_tickets_each_is_in_the_plan_once() -> None:
    made = plan(
        [unit(f"U{number}", number / 50) for number in range(1000)],
        [ticket(f"T{number}", number / 5) for number in range(100)],
    )
    check_balance(made)
    assert (len(made.assignments), len(made.idle), len(made.refused)) == (100, 900, 0)


def test_distances_are_those_of_the_sphere() -> None:
    starts, ends = [towns.ticket("A", 3).point], [towns.ticket("B", 7.5).point]
    assert starts[0]
    assert ends[0]
    assert metres([starts[0]], [ends[0]])[0, 0] == pytest.approx(starts[0].km_to(ends[0]) * 1000)


def test_a_plan_that_loses_a_ticket_or_a_unit_is_refused() -> None:
    made = plan([unit("U0")], [ticket("T0"), ticket("T1")])
    lost = Plan(made.inputs, made.assignments, made.idle, ())
    with pytest.raises(BalanceBroken, match="tickets"):
        check_balance(lost)
    with pytest.raises(BalanceBroken, match="units"):
        check_balance(Plan(made.inputs, (), made.idle, (*made.refused, *_all_refused(made))))


def _all_refused(made: Plan) -> list[Refused]:
    return [Refused(each.ticket, TicketRefusal.HELD, "") for each in made.assignments]


def test_equal_costs_are_decided_by_names() -> None:
    units, tickets = [unit("U1"), unit("U0")], [ticket("T1"), ticket("T0")]
    assert pairs(plan(units, tickets)) == pairs(plan(units[::-1], tickets[::-1]))


def test_pinning_overrides_reach_and_skill() -> None:
    far = ticket("FAR", 60, kind="fibre")
    made = plan([unit("U0", skills=frozenset({"power"}))], [far], holds=[hold(1, HoldKind.PIN, "U0", "FAR")])
    assert [(each.ticket.ticket_id, each.is_pinned) for each in made.assignments] == [("FAR", True)]


def test_all_pins_of_a_unit_are_followed_while_it_has_stops() -> None:
    rules = RULES.model_copy(update={"per_unit": 2})
    holds = [hold(1, HoldKind.PIN, "U0", "T0"), hold(2, HoldKind.PIN, "U0", "T1")]
    made = plan([unit("U0"), unit("U1", 5)], [ticket("T0"), ticket("T1", 5)], holds=holds, rules=rules)
    assert [(each.unit.unit, each.ticket.ticket_id, each.is_pinned) for each in made.assignments] == [
        ("U0", "T0", True),
        ("U0", "T1", True),
    ]
    assert made.ignored == ()


def test_a_second_pin_without_a_stop_waits_for_its_unit() -> None:
    holds = [hold(1, HoldKind.PIN, "U0", "T0"), hold(2, HoldKind.PIN, "U0", "T1")]
    made = plan([unit("U0"), unit("U1", 5)], [ticket("T0"), ticket("T1", 5)], holds=holds)
    assert pairs(made) == {"U0": "T0"}
    assert [(each.reason, each.why) for each in made.refused] == [
        (TicketRefusal.HELD, "pinned to U0, which has no stop left: reason 2")
    ]
    assert [(each.hold_id, why) for each, why in made.ignored] == [(2, "no stop is left")]


@given(towns.units(), towns.tickets(), towns.holds(), st.integers(1, 3))
def test_a_pin_is_left_out_only_where_other_pins_take_all_stops(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold], stops: int
) -> None:
    made = plan(units, tickets, holds=holds, rules=RULES.model_copy(update={"per_unit": stops}))
    for each, why in made.ignored:
        if why == "no stop is left":
            going = [one for one in made.assignments if one.unit.unit == each.unit]
            assert len(going) == min(stops, going[0].unit.most_tickets or stops)
            assert all(one.is_pinned for one in going)
