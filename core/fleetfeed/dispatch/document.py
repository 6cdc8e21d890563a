"""A plan as a document: every number with its reason, and every distance labelled as a straight line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.costs import penalty_m
from fleetfeed.dispatch.eligibility import precision
from fleetfeed.dispatch.objects import Assignment, Idle, Inputs, Other, Plan, UnitNow
from fleetfeed.dispatch.part import totals
from fleetfeed.geo import Point
from fleetfeed.states import Freshness, UnitBasis

SCHEMA_VERSION = 1
STRAIGHT = "straight line"
_HOUR, _DAY = 60, 24 * 60


def document(plan: Plan, rules: DispatchSettings) -> dict[str, Any]:
    """Return the plan as JSON values. It is a suggestion: nothing is written to the ticket system."""
    inputs = plan.inputs
    assignments = [_assignment(each, rules) for each in plan.assignments]
    idle = [_idle(each) for each in plan.idle]
    refused = list(_refused(plan))
    return {
        "schema_version": SCHEMA_VERSION,
        "feed": inputs.feed,
        "made_at": inputs.at.isoformat(),
        "data_as_of": inputs.data_as_of,
        "freshness": inputs.freshness,
        "caution": _stale(inputs),
        "method": plan.method,
        "distances": STRAIGHT,
        "assignments": assignments,
        "idle": idle,
        "refused": refused,
        "holds": list(inputs.all_holds),
        "ignored_holds": [{"hold_id": hold.hold_id, "kind": hold.kind, "unit": hold.unit, "ticket_id": hold.ticket_id,
                           "why": why} for hold, why in plan.ignored],
        "totals": totals(assignments, idle, refused),
    }  # fmt: skip


def _assignment(each: Assignment, rules: DispatchSettings) -> dict[str, Any]:
    return {
        "unit": each.unit.unit,
        "team": each.unit.team,
        "position": _position(each.unit),
        "stop": each.stop,
        "ticket_id": each.ticket.ticket_id,
        "ticket": each.ticket.properties,
        "place": _pair(each.ticket.point),
        "distance_m": round(each.drive.metres),
        "travel_minutes": round(each.drive.minutes, 1),
        "worth": round(each.drive.worth, 1),
        "cost": round(each.drive.cost, 1),
        "reasons": list(_reasons(each)),
        "caution": list(_cautions(each, rules)),
        "next_best": _other(each.next_best),
        "nearer": [_other(other) for other in each.nearer],
    }


def _idle(each: Idle) -> dict[str, Any]:
    unit = each.unit
    return {"unit": unit.unit, "team": unit.team, "position": _position(unit), "reason": each.reason, "why": each.why}


def _reasons(each: Assignment) -> Iterator[str]:
    if each.pin:
        yield f"pinned by the dispatcher: {each.pin.why}"
    yield _age(each.ticket.sla_state, each.ticket.age_minutes, each.ticket.target_minutes)
    if each.ticket.followers:
        yield f"probably one cause of {len(each.ticket.followers) + 1:,} tickets"
    yield f"{each.drive.metres / 1000:,.1f} km, {STRAIGHT}"
    if each.unit.skills and each.ticket.kind in each.unit.skills:
        yield f"has the skill for {each.ticket.work}"
    if each.is_kept:
        yield "as in the last saved plan"


def _age(state: str, age: int | None, target: int | None) -> str:
    if age is None:
        return "age unknown"
    if target is None:
        return f"{_span(age)} old, without a target"
    return f"overdue by {_span(age - target)}" if age > target else f"{state}: {_span(target - age)} left"


def _span(minutes: int) -> str:
    if minutes >= 2 * _DAY:
        return f"{minutes // _DAY} d"
    return f"{minutes // _HOUR} h" if minutes >= 2 * _HOUR else f"{minutes} min"


def _cautions(each: Assignment, rules: DispatchSettings) -> Iterator[str]:
    if penalty_m(each.ticket, rules):
        name = each.ticket.properties.get("cluster") or "its area"
        yield f"the place is only the {precision(each.ticket)} {name}: ask first"
    if each.unit.basis is UnitBasis.HOME:
        yield "the unit has reported no position: it is assumed at home"


def _stale(inputs: Inputs) -> str | None:
    if inputs.freshness.get("state") != Freshness.STALE:
        return None
    return f"The tickets are stale ({inputs.freshness.get('reason') or 'no new export'}): check before you send anyone."


def _position(unit: UnitNow) -> dict[str, Any] | None:
    if unit.point is None:
        return None
    return {"latitude": unit.point.latitude, "longitude": unit.point.longitude, "basis": unit.basis,
            "age_minutes": None if unit.age_minutes is None else round(unit.age_minutes, 1),
            "accuracy_m": unit.accuracy_m}  # fmt: skip


def _refused(plan: Plan) -> Iterator[Mapping[str, Any]]:
    by_reason = sorted(plan.refused, key=lambda each: (each.reason, each.ticket.ticket_id))
    for reason, group in groupby(by_reason, key=lambda each: each.reason):
        tickets = [
            {"ticket_id": each.ticket.ticket_id, "cluster": each.ticket.properties.get("cluster"), "why": each.why}
            for each in group
        ]
        yield {"reason": reason, "n": len(tickets), "tickets": tickets}


def _other(other: Other | None) -> dict[str, Any] | None:
    if other is None:
        return None
    more = None if other.more_minutes is None else round(other.more_minutes, 1)
    return {"unit": other.unit, "costs_more_minutes": more, "distance_m": round(other.metres), "why": other.why}


def _pair(point: Point | None) -> tuple[float, float] | None:
    return (point.latitude, point.longitude) if point else None
