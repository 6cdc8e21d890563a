"""Read what a plan is computed from: one statement, and so one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from fleetfeed.config.dispatch import BurstSettings
from fleetfeed.dispatch.objects import Hold, Inputs, TicketNow, UnitNow
from fleetfeed.geo import Point
from fleetfeed.states import HoldKind, UnitBasis

HOLD = "SELECT tickets.hold_dispatch(%s, %s, %s, %s, %s, %s, %s)"  # kind, unit, feed, ticket, until, why, by
END_HOLD = "SELECT tickets.end_hold(%s, %s)"  # number, feed (null: of any)
_FOR_DISPATCHERS = "the reason is for dispatchers"


def question(feed: str, bursts: BurstSettings) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that asks for the inputs of a feed, and its values."""
    sql = (
        f"SELECT json_build_object('inputs', reporting.fn_{feed}_dispatch(), "
        f"'bursts', reporting.fn_{feed}_bursts(%s, %s, %s, %s))::text"
    )
    return sql, bursts.values()


def read(feed: str, text: str, hide: Collection[str] = (), *, for_dispatchers: bool = True) -> Inputs:
    """Read the answer, without the properties of tickets to hide, and who held what and why only for dispatchers.

    What a viewer must not see is not read, so that no reason of the plan can repeat it.
    """
    document = orjson.loads(text)
    found = document["inputs"]
    holds = found["holds"] if for_dispatchers else [_without_names(each) for each in found["holds"]]
    return Inputs(
        feed=feed,
        at=datetime.fromisoformat(found["generated_at"]),
        units=[_unit(each) for each in found["units"]],
        tickets=list(_tickets(found["tickets"], hide)),
        holds=[_hold(each) for each in holds],
        kept=frozenset((unit, ticket_id) for unit, ticket_id in found["kept"]),
        bursts=tuple(tuple(burst["ticket_ids"]) for burst in document["bursts"]["bursts"]),
        freshness=found["freshness"],
        data_as_of=found["data_as_of"],
        all_holds=holds,
    )


def _unit(found: Mapping[str, Any]) -> UnitNow:
    seconds = found["age_seconds"]
    return UnitNow(
        unit=found["unit"],
        team=found["team"],
        skills=frozenset(found["skills"]),
        is_on_duty=found["on_duty"],
        most_tickets=found["max_tickets"],
        point=None if found["latitude"] is None else Point(found["latitude"], found["longitude"]),
        basis=UnitBasis(found["basis"]) if found["basis"] else None,
        age_minutes=None if seconds is None else seconds / 60,
        accuracy_m=found["accuracy_m"],
    )


def _tickets(columns: Mapping[str, list[Any] | None], hide: Collection[str]) -> Iterator[TicketNow]:
    """Yield the tickets; what is shown of them comes first, and without tickets each column is null."""
    *names, _, _, _ = columns
    for row in zip(*(values or () for values in columns.values()), strict=True):
        *_, target, latitude, longitude = row
        shown = dict(zip(names, row, strict=False))
        yield TicketNow(
            ticket_id=shown["ticket_id"],
            point=None if latitude is None else Point(latitude, longitude),
            source=shown["geo_source"],
            precision=shown["geo_precision"],
            kind=shown["bucket"],
            sla_state=shown["sla_state"],
            age_minutes=shown["age_minutes"],
            target_minutes=target,
            is_actionable=shown["is_actionable"],
            properties={name: value for name, value in shown.items() if name not in hide} if hide else shown,
        )


def _hold(found: Mapping[str, Any]) -> Hold:
    why = found.get("why", _FOR_DISPATCHERS)
    return Hold(found["hold_id"], HoldKind(found["kind"]), found["unit"], found["ticket_id"], why)


def _without_names(hold: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in hold.items() if name not in ("by", "why")}
