"""Which tickets and units take part in a plan; each that does not gets a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch.objects import Hold, TicketNow, UnitNow
from fleetfeed.states import IdleReason, PlaceSource, TicketRefusal, UnitBasis

_DAY = 24 * 60
TicketWhy = tuple[TicketRefusal, str]
UnitWhy = tuple[IdleReason, str]


def ticket_refusal(ticket: TicketNow, rules: DispatchSettings, held: Mapping[str, Hold]) -> TicketWhy | None:
    """Return why a ticket takes no part; None if it does. `held` are the tickets that no unit may take."""
    actionable = rules.unknown_actionable if ticket.is_actionable is None else ticket.is_actionable
    if not actionable:
        return TicketRefusal.NOT_ACTIONABLE, "the export says so" if ticket.is_actionable is False else "not known"
    if ticket.ticket_id in held:
        return TicketRefusal.HELD, held[ticket.ticket_id].why
    if ticket.point is None or not ticket.point.exists:
        return TicketRefusal.NO_PLACE, "not geocoded"
    if ticket.source != PlaceSource.FEED and precision(ticket) not in rules.precise:
        return TicketRefusal.TOO_COARSE, f"its place is a {precision(ticket)}"
    return None


def worth(ticket: TicketNow, rules: DispatchSettings) -> float:
    """Return the minutes of driving that a ticket is worth: its urgency, its age, and the tickets that go with it."""
    days = (ticket.age_minutes or 0) / _DAY
    urgency = rules.urgency
    own = urgency.of_state(ticket.sla_state) + min(urgency.most_for_age, days * urgency.per_day)
    return own + sum(worth(each, rules) for each in ticket.followers)


def precision(ticket: TicketNow) -> str:
    """Return how exact a ticket's place is: a precision of the geocoder, or "cluster" for the middle of an area."""
    if ticket.source == PlaceSource.CLUSTER:
        return "cluster"
    return ticket.precision or "unknown"


def unit_refusal(unit: UnitNow, rules: DispatchSettings, max_age: timedelta, off: Mapping[str, Hold]) -> UnitWhy | None:
    """Return why a unit takes no part; None if it does. `off` are the units taken off by hand."""
    if unit.unit in off:
        return IdleReason.HELD, off[unit.unit].why
    if not unit.is_on_duty:
        return IdleReason.OFF_DUTY, "off duty"
    if unit.point is None or not unit.point.exists:
        return IdleReason.NO_POSITION, "neither a position nor a home"
    if unit.basis is UnitBasis.POSITION:
        age, accuracy = unit.age_minutes or 0, unit.accuracy_m or 0
        if age > max_age.total_seconds() / 60:
            return IdleReason.OLD_POSITION, f"position {age:,.0f} min old"
        if accuracy > rules.accuracy_max_m:
            return IdleReason.INACCURATE, f"accuracy {accuracy:,.0f} m"
    return None
