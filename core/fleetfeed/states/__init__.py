"""The states and kinds that the code branches on. Their values are in JSON documents and the database."""

from __future__ import annotations

from fleetfeed.states.dispatch import (
    FixOutcome,
    HoldKind,
    IdleReason,
    PlanMethod,
    TicketRefusal,
    UnitBasis,
    UnitKind,
)
from fleetfeed.states.loads import (
    PROCESSED,
    Alarm,
    ChangeKind,
    ClosureBasis,
    ClosureKind,
    Concern,
    Difference,
    Freshness,
    ObjectState,
    PlaceKind,
    PlaceSource,
    PlaceStatus,
    RecordOutcome,
    Resolution,
    RunOutcome,
    StaleReason,
    StepKind,
)
from fleetfeed.states.past import AsOfBy, Cause, Part, Side

__all__ = [
    "PROCESSED",
    "Alarm",
    "AsOfBy",
    "Cause",
    "ChangeKind",
    "ClosureBasis",
    "ClosureKind",
    "Concern",
    "Difference",
    "FixOutcome",
    "Freshness",
    "HoldKind",
    "IdleReason",
    "ObjectState",
    "Part",
    "PlaceKind",
    "PlaceSource",
    "PlaceStatus",
    "PlanMethod",
    "RecordOutcome",
    "Resolution",
    "RunOutcome",
    "Side",
    "StaleReason",
    "StepKind",
    "TicketRefusal",
    "UnitBasis",
    "UnitKind",
]
