"""Plans of several stops with routes by VROOM: the same tickets as in rounds, with less driving."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.dispatch.objects import Hold, Plan, TicketNow, UnitNow
from fleetfeed.dispatch.plan import check_balance
from fleetfeed.geo import Point
from fleetfeed.states import HoldKind, PlanMethod
from tests.dispatch import towns
from tests.dispatch.towns import KM, RULES, hold, plan, ticket, unit

DAY = RULES.model_copy(update={"per_unit": 4})


def _in_rounds(monkeypatch: pytest.MonkeyPatch, units: list[UnitNow], tickets: list[TicketNow]) -> Plan:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "vroom", None)  # as where it is not installed
        return plan(units, tickets, rules=DAY)


def _driven(made: Plan) -> float:
    return sum(each.drive.minutes for each in made.assignments)


def _town(seed: int, units: int, tickets: int) -> tuple[list[UnitNow], list[TicketNow]]:
    chance = random.Random(seed)

    def place() -> Point:
        return Point(1 + chance.uniform(-8, 8) * KM, 36 + chance.uniform(-8, 8) * KM)

    made = [ticket(f"T{n:03}", point=place()) for n in range(tickets)]
    return [unit(f"U{n:02}", point=place()) for n in range(units)], made


@pytest.mark.parametrize("seed", range(3))
def test_routes_serve_the_tickets_of_the_rounds_with_less_driving(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    units, tickets = _town(seed, units=10, tickets=40)
    made, rounds = plan(units, tickets, rules=DAY), _in_rounds(monkeypatch, units, tickets)
    assert (made.method, rounds.method) == (PlanMethod.ROUTES, PlanMethod.ROUNDS)
    assert {each.ticket.ticket_id for each in made.assignments} == {
        each.ticket.ticket_id for each in rounds.assignments
    }
    assert _driven(made) < 0.9 * _driven(rounds)


def test_the_first_stops_stay_those_of_the_exact_assignment() -> None:
    units, tickets = _town(4, units=10, tickets=40)
    assert towns.pairs(plan(units, tickets, rules=DAY)) == towns.pairs(plan(units, tickets))


def test_one_stop_a_unit_needs_no_routes() -> None:
    assert plan(*_town(5, units=3, tickets=9)).method is PlanMethod.EXACT


@given(towns.units(), towns.tickets(12), towns.holds(), st.randoms())
def test_routes_keep_every_rule_of_a_plan(
    units: list[UnitNow], tickets: list[TicketNow], holds: list[Hold], chance: random.Random
) -> None:
    made = plan(units, tickets, holds=holds, rules=DAY)
    check_balance(made)
    shuffled = plan(chance.sample(units, len(units)), chance.sample(tickets, len(tickets)), holds=holds, rules=DAY)
    assert shuffled.assignments == made.assignments
    excluded = {(each.unit, each.ticket_id) for each in holds if each.kind is HoldKind.NOT}
    for each in made.assignments:
        assert (each.unit.unit, each.ticket.ticket_id) not in excluded
        assert each.stop <= min(4, each.unit.most_tickets or 4)
        if not each.is_pinned:
            assert not each.unit.skills or each.ticket.kind in (None, *each.unit.skills)
            assert each.drive.metres <= RULES.reach_km * 1000


def test_a_pin_of_a_later_stop_is_followed() -> None:
    units, tickets = _town(6, units=4, tickets=16)
    first = plan(units, tickets, rules=DAY)
    last = next(each for each in first.assignments if each.stop == 4)
    other = next(each.unit for each in first.assignments if each.unit != last.unit)
    pins = [
        hold(1, HoldKind.PIN, other.unit, last.ticket.ticket_id),
        hold(2, HoldKind.PIN, other.unit, tickets[0].ticket_id),
    ]
    made = plan(units, tickets, holds=pins, rules=DAY)
    assert {each.ticket.ticket_id for each in made.assignments if each.is_pinned} == {one.ticket_id for one in pins}
    assert made.ignored == ()


def test_nobody_drives_to_a_ticket_that_is_not_worth_it() -> None:
    far = [ticket(f"FAR{n}", 20 + n, sla_state="ok", age_minutes=10) for n in range(3)]
    made = plan([unit("U0")], [ticket("T0"), ticket("T1", 1), *far], rules=DAY)
    assert [each.ticket.ticket_id for each in made.assignments] == ["T0", "T1"]
