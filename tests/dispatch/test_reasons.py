"""A word for everyone who is left over, and the reasons for each pair."""

from __future__ import annotations

import pytest

from fleetfeed.dispatch.document import document
from fleetfeed.dispatch.objects import Inputs, TicketNow, UnitNow
from fleetfeed.states import HoldKind, IdleReason, TicketRefusal, UnitBasis
from tests.dispatch.towns import AT, RULES, hold, plan, ticket, unit


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        (ticket("T", is_actionable=False), TicketRefusal.NOT_ACTIONABLE),
        (ticket("T", point=None), TicketRefusal.NO_PLACE),
        (ticket("T", source="location", precision="city"), TicketRefusal.TOO_COARSE),
        (ticket("T", kind="power"), TicketRefusal.NO_SKILL),
        (ticket("T", 40), TicketRefusal.OUT_OF_REACH),
        (ticket("T", 20, sla_state="ok", age_minutes=0), TicketRefusal.NOT_WORTH),
        (ticket("T", 0.5, sla_state="ok", age_minutes=0), TicketRefusal.WORTH_LESS),
    ],
)
def test_each_ticket_that_nobody_takes_has_a_reason(left: TicketNow, reason: TicketRefusal) -> None:
    made = plan([unit("U0", skills=frozenset({"fibre"}))], [ticket("TAKEN", kind="fibre"), left])
    assert [(each.ticket.ticket_id, each.reason) for each in made.refused] == [("T", reason)]


@pytest.mark.parametrize(
    ("units", "why"),
    [
        ([], "there are no units"),
        (
            [unit("U0", age_minutes=60.0), unit("U1", age_minutes=60.0), unit("OFF")],
            "3 units: 2 position too old, 1 held",
        ),
    ],
)
def test_without_a_usable_unit_each_ticket_says_what_keeps_them(units: list[UnitNow], why: str) -> None:
    made = plan(units, [ticket("T")], holds=[hold(1, HoldKind.OFF, "OFF")])
    assert [(each.reason, each.why) for each in made.refused] == [(TicketRefusal.NO_UNIT, why)]


def test_a_ticket_left_for_a_better_one_says_so() -> None:
    made = plan([unit("U0")], [ticket("T0"), ticket("T1", 0.5, sla_state="ok", age_minutes=0)])
    assert [each.why for each in made.refused] == ["the units in reach do more elsewhere"]


def test_a_pin_that_meets_a_held_ticket_says_why_that_is_held() -> None:
    holds = [hold(1, HoldKind.OFF, None, "T0"), hold(2, HoldKind.PIN, "U0", "T0")]
    made = plan([unit("U0")], [ticket("T0")], holds=holds)
    assert [why for _, why in made.ignored] == ["T0 takes no part: held: reason 1"]


def test_a_nearer_unit_that_waits_for_the_last_plan_says_so() -> None:
    made = plan([unit("U0"), unit("U1", 0.2)], [ticket("T0")], kept=[("U1", "T0")])
    assert [(other.unit, other.why) for other in made.assignments[0].nearer] == [("U0", "the last saved plan is kept")]


@pytest.mark.parametrize(
    ("left", "reason", "why"),
    [
        (unit("U", is_on_duty=False), IdleReason.OFF_DUTY, "off duty"),
        (unit("U", point=None, basis=None), IdleReason.NO_POSITION, "neither a position nor a home"),
        (unit("U", age_minutes=42.0), IdleReason.OLD_POSITION, "position 42 min old"),
        (unit("U", accuracy_m=2500.0), IdleReason.INACCURATE, "accuracy 2,500 m"),
        (unit("U", skills=frozenset({"power"})), IdleReason.NO_SKILL, "each ticket needs a skill that it lacks"),
        (unit("U", 60), IdleReason.NOTHING_IN_REACH, "no ticket that it may take is in reach"),
        (unit("U", 1), IdleReason.OTHERS_NEARER, "other units take the tickets that it could"),
    ],
)
def test_each_unit_that_goes_nowhere_has_a_reason(left: UnitNow, reason: IdleReason, why: str) -> None:
    made = plan([unit("U0"), left], [ticket("T0", kind="fibre")])
    assert [(each.unit.unit, each.reason, each.why) for each in made.idle] == [("U", reason, why)]


def test_a_unit_at_home_needs_no_fresh_position() -> None:
    made = plan([unit("U0", basis=UnitBasis.HOME, age_minutes=None, accuracy_m=None)], [ticket("T0")])
    (only,) = document(made, RULES)["assignments"]
    assert only["position"]["basis"] == "home"
    assert only["caution"] == ["the unit has reported no position: it is assumed at home"]


def test_a_nearer_unit_that_does_not_go_says_why() -> None:
    units = [unit("FAR", 5), unit("OFF", 1, is_on_duty=False), unit("BUSY", 2), unit("NOT", 3)]
    tickets = [ticket("T0", 0), ticket("T1", 2.1)]
    made = plan(units, tickets, holds=[hold(1, HoldKind.NOT, "NOT", "T0"), hold(2, HoldKind.NOT, "NOT", "T1"),
                                       hold(3, HoldKind.PIN, "FAR", "T0")])  # fmt: skip
    by_unit = {each["unit"]: each for each in document(made, RULES)["assignments"]}
    assert [(other["unit"], other["why"]) for other in by_unit["FAR"]["nearer"]] == [
        ("OFF", "off duty"), ("BUSY", "goes to T1"), ("NOT", "excluded: reason 1"),
    ]  # fmt: skip
    assert by_unit["FAR"]["next_best"]["unit"] == "BUSY"
    assert by_unit["FAR"]["next_best"]["costs_more_minutes"] < 0
    assert by_unit["FAR"]["next_best"]["why"].startswith("goes to ")
    assert by_unit["FAR"]["reasons"][:2] == ["pinned by the dispatcher: reason 3", "2 d old, without a target"]


def test_contradicting_holds_are_named() -> None:
    holds = [
        hold(1, HoldKind.PIN, "U0", "T0"),
        hold(2, HoldKind.PIN, "U1", "T0"),
        hold(3, HoldKind.NOT, "U1", "T0"),
        hold(4, HoldKind.PIN, "U0", "T1"),
        hold(5, HoldKind.PIN, "U0", "T2"),
        hold(6, HoldKind.OFF, "U2"),
        hold(7, HoldKind.PIN, "U2", "T3"),
        hold(8, HoldKind.PIN, "U0", "CLOSED"),
        hold(9, HoldKind.NOT, "U0", "CLOSED"),
        hold(10, HoldKind.OFF, None, "GONE"),
    ]
    made = plan([unit("U0"), unit("U1"), unit("U2")], [ticket(f"T{n}") for n in range(4)], holds=holds)
    assert {each.hold_id: why for each, why in made.ignored} == {
        1: "hold 2 is newer",
        2: "another hold excludes the pair: reason 3",
        5: "no stop is left",
        7: "U2 takes no part: held: reason 6",
        8: "CLOSED is not open",
        9: "CLOSED is not open",
        10: "GONE is not open",
    }


def test_overdue_and_remaining_time_are_said_in_hours_and_days() -> None:
    tickets = [
        ticket("A", 0, age_minutes=60 + 3 * 1440, target_minutes=60),
        ticket("B", 1, age_minutes=60, target_minutes=400, sla_state="ok", kind="fibre"),
    ]
    made = plan([unit("U0"), unit("U1", 1, skills=frozenset({"fibre"}))], tickets)
    first, second = document(made, RULES)["assignments"]
    assert first["reasons"] == ["overdue by 3 d", "0.0 km, straight line"]
    assert second["reasons"] == ["ok: 5 h left", "0.0 km, straight line", "has the skill for fibre"]


def test_a_rough_place_and_stale_tickets_ask_for_caution() -> None:
    rough = ticket("T", source="cluster", properties={"cluster": "Westlands"})
    made = plan([unit("U0")], [rough])
    found = document(made, RULES)
    assert found["assignments"][0]["caution"] == ["the place is only the cluster Westlands: ask first"]
    assert found["caution"] is None
    stale = {"state": "stale", "reason": "exporter stopped"}
    again = document(type(made)(Inputs("inc", AT, [], [], freshness=stale), (), (), ()), RULES)
    assert again["caution"].startswith("The tickets are stale (exporter stopped)")


def test_totals_add_up() -> None:
    made = plan([unit("U0"), unit("U1", is_on_duty=False)], [ticket("T0"), ticket("T1")])
    found = document(made, RULES)["totals"]
    assert found["open"] == found["assigned"] + found["refused"] == 2
    assert found["units"] == found["going"] + found["idle"] == 2
