"""What a plan is made of: units, open tickets, the dispatcher's holds, and the plan itself. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from fleetfeed.geo import Point
from fleetfeed.states import HoldKind, IdleReason, PlanMethod, TicketRefusal, UnitBasis

Pair = tuple[str, str]  # unit, ticket_id


@dataclass(frozen=True, slots=True)
class UnitNow:
    """A unit where it is now."""

    unit: str
    team: str | None = None
    skills: frozenset[str] = frozenset()  # empty: all
    is_on_duty: bool = True
    most_tickets: int | None = None
    point: Point | None = None
    basis: UnitBasis | None = None
    age_minutes: float | None = None  # of a reported position
    accuracy_m: float | None = None


class TicketNow(NamedTuple):
    """An open ticket. A tuple, as each plan makes thousands: a frozen dataclass takes four times as long."""

    ticket_id: str
    point: Point | None = None
    source: str | None = None  # PlaceSource; "feed": the export has coordinates
    precision: str | None = None
    kind: str | None = None  # the skill that it needs
    sla_state: str = "unknown"
    age_minutes: int | None = None
    target_minutes: int | None = None
    is_actionable: bool | None = None
    properties: Mapping[str, Any] = MappingProxyType({})  # those of the map that may be shown
    followers: tuple[TicketNow, ...] = ()  # of its burst: they go with it

    @property
    def work(self) -> str:
        """The kind of work, where it may be shown."""
        return self.properties.get("bucket") or "this kind of work"


@dataclass(frozen=True, slots=True)
class Hold:
    """What a dispatcher decided by hand; it counts until its end."""

    hold_id: int
    kind: HoldKind
    unit: str | None
    ticket_id: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a plan is computed from, read in one snapshot; `kept` holds the pairs of the last saved plan."""

    feed: str
    at: datetime
    units: Sequence[UnitNow]
    tickets: Sequence[TicketNow]
    holds: Sequence[Hold] = ()
    kept: frozenset[Pair] = frozenset()
    bursts: Sequence[Sequence[str]] = ()  # tickets that probably have one cause
    freshness: Mapping[str, Any] = field(default_factory=dict)
    data_as_of: str | None = None
    all_holds: Sequence[Mapping[str, Any]] = ()  # as they are shown


@dataclass(frozen=True, slots=True)
class Drive:
    """What a ticket costs a unit: the way in metres and minutes, and the minutes that the ticket is worth."""

    metres: float
    minutes: float
    worth: float

    @property
    def cost(self) -> float:
        """Minutes; negative if the ticket is worth more than the drive."""
        return self.minutes - self.worth


@dataclass(frozen=True, slots=True)
class Other:
    """A unit that did not get a ticket, by how many minutes it would cost more, and why it was not chosen."""

    unit: str
    more_minutes: float | None  # None: it may not take the ticket
    metres: float
    why: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A unit goes to a ticket: its first stop, or a later one."""

    unit: UnitNow
    ticket: TicketNow
    stop: int
    drive: Drive
    pin: Hold | None = None  # which says so
    is_kept: bool = False  # it is in the last saved plan
    next_best: Other | None = None
    nearer: tuple[Other, ...] = ()

    @property
    def is_pinned(self) -> bool:
        """Whether a dispatcher pinned the unit to the ticket."""
        return self.pin is not None


@dataclass(frozen=True, slots=True)
class Idle:
    """A unit without a ticket."""

    unit: UnitNow
    reason: IdleReason
    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A ticket without a unit."""

    ticket: TicketNow
    reason: TicketRefusal
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Which unit takes which tickets; every unit and every open ticket is in it."""

    inputs: Inputs
    assignments: tuple[Assignment, ...]
    idle: tuple[Idle, ...]
    refused: tuple[Refused, ...]
    ignored: tuple[tuple[Hold, str], ...] = ()  # holds that could not be followed, and why
    method: PlanMethod = PlanMethod.EXACT
