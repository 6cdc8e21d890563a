"""Units and tickets in a made-up town on the equator, for tests of plans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.objects import Hold, Inputs, Plan, TicketNow, UnitNow
from fleetfeed.dispatch.plan import make_plan
from fleetfeed.geo import Point
from fleetfeed.states import HoldKind, UnitBasis

AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
RULES = DispatchSettings()
MAX_AGE = timedelta(minutes=15)
KM = 1 / 111.195  # degrees


def unit(name: str, km: float = 0.0, **given: object) -> UnitNow:
    """Return a unit that reported its position `km` east of the middle of town a minute ago."""
    usual = {"point": Point(1.0, 36 + km * KM), "basis": UnitBasis.POSITION, "age_minutes": 1.0, "accuracy_m": 10.0}
    return UnitNow(name, **{**usual, **given})  # type: ignore[arg-type]  # members by name


def ticket(name: str, km: float = 0.0, **given: object) -> TicketNow:
    """Return an overdue ticket with exact coordinates `km` east of the middle of town."""
    usual = {"point": Point(1.0, 36 + km * KM), "source": "feed", "sla_state": "overdue", "age_minutes": 3000}
    usual["properties"] = {"bucket": given.get("kind")}
    return TicketNow(name, **{**usual, **given})  # type: ignore[arg-type]  # members by name


def hold(number: int, kind: HoldKind, unit: str | None = None, ticket: str | None = None) -> Hold:
    """Return a hold with a reason."""
    return Hold(number, kind, unit, ticket, f"reason {number}")


def plan(
    units: Sequence[UnitNow],
    tickets: Sequence[TicketNow],
    *,
    holds: Sequence[Hold] = (),
    kept: Sequence[tuple[str, str]] = (),
    bursts: Sequence[Sequence[str]] = (),
    rules: DispatchSettings = RULES,
) -> Plan:
    """Return the plan."""
    return make_plan(Inputs("inc", AT, units, tickets, holds, frozenset(kept), bursts), rules, MAX_AGE)


def pairs(made: Plan) -> dict[str, str]:
    """Return the ticket of each unit that goes, at its first stop."""
    return {each.unit.unit: each.ticket.ticket_id for each in made.assignments if each.stop == 1}


_POINTS = st.builds(lambda east, north: Point(1 + north * KM, 36 + east * KM), st.floats(-30, 30), st.floats(-30, 30))
_SKILLS = st.frozensets(st.sampled_from(["fibre", "power"]), max_size=2)


@st.composite
def units(draw: st.DrawFn, most: int = 6) -> list[UnitNow]:
    """Draw units, some of which cannot be used."""
    return [
        unit(
            f"U{number}",
            point=draw(st.none() | _POINTS),
            skills=draw(_SKILLS),
            is_on_duty=draw(st.integers(0, 4)) > 0,
            age_minutes=draw(st.sampled_from([0.0, 5.0, 60.0])),
            accuracy_m=draw(st.sampled_from([5.0, 5000.0, None])),
            most_tickets=draw(st.sampled_from([None, 1, 2])),
        )
        for number in range(draw(st.integers(0, most)))
    ]


@st.composite
def tickets(draw: st.DrawFn, most: int = 6) -> list[TicketNow]:
    """Draw open tickets, some of which nobody can go to."""
    return [
        ticket(
            f"T{number}",
            point=draw(st.none() | _POINTS),
            source=draw(st.sampled_from(["feed", "location", "cluster"])),
            precision=draw(st.sampled_from([None, "street", "city"])),
            kind=draw(st.sampled_from([None, "fibre", "power"])),
            sla_state=draw(st.sampled_from(["overdue", "urgent", "warn", "ok", "unknown"])),
            age_minutes=draw(st.none() | st.integers(0, 100_000)),
            is_actionable=draw(st.sampled_from([True, None, False])),
        )
        for number in range(draw(st.integers(0, most)))
    ]


@st.composite
def holds(draw: st.DrawFn) -> list[Hold]:
    """Draw holds, which may contradict each other or name what is not there."""
    unit_names, ticket_names = (
        st.sampled_from([f"U{n}" for n in range(7)]),
        st.sampled_from([f"T{n}" for n in range(7)]),
    )
    found = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(HoldKind))
        whom, what = draw(unit_names), draw(ticket_names)
        of_unit = draw(st.booleans())
        is_off = kind is HoldKind.OFF  # of a unit or of a ticket
        found.append(hold(number, kind, None if is_off and not of_unit else whom, None if is_off and of_unit else what))
    return found
