"""States and kinds of units, and reasons of a plan."""

from __future__ import annotations

from enum import StrEnum


class UnitKind(StrEnum):
    """How a unit moves."""

    VAN = "van"
    BIKE = "bike"
    FOOT = "foot"
    TEAM = "team"


class UnitBasis(StrEnum):
    """What is known of where a unit is; computed by `tickets.unit_places`."""

    POSITION = "position"
    HOME = "home"  # it has no position


class FixOutcome(StrEnum):
    """What became of a position; decided by `tickets.take_positions`."""

    TAKEN = "taken"
    OLDER = "older"  # not newer than the known one
    FUTURE = "future"
    OUTSIDE = "outside"  # of the countries of all feeds, or 0, 0, or nowhere on earth
    UNKNOWN_UNIT = "unknown unit"


class HoldKind(StrEnum):
    """What a dispatcher decided by hand."""

    PIN = "pin"  # this unit takes this ticket
    NOT = "not"  # this unit does not take this ticket
    OFF = "off"  # this unit takes nothing, or nobody takes this ticket


class TokenRole(StrEnum):
    """What the holder of a token of the web server may do."""

    VIEWER = "viewer"  # read
    DISPATCHER = "dispatcher"  # read, make holds, and send positions
    FEEDER = "feeder"  # send positions, and nothing else


class PlanMethod(StrEnum):
    """How a plan was computed."""

    EXACT = "exact"  # one assignment
    ROUNDS = "rounds"  # one assignment after the other
    ROUTES = "routes"  # the first stops by assignment, the later ones by VROOM


class TicketRefusal(StrEnum):
    """Why a plan sends nobody to an open ticket."""

    NOT_ACTIONABLE = "not actionable"
    NO_PLACE = "no place"
    TOO_COARSE = "place too coarse"
    HELD = "held"
    WITH_BURST = "goes with a burst"  # one unit looks at all tickets that probably have one cause
    NO_UNIT = "no usable unit"
    NO_SKILL = "no unit has the skill"
    OUT_OF_REACH = "out of reach"
    NOT_WORTH = "worth less than the drive"
    WORTH_LESS = "worth less than others"


class IdleReason(StrEnum):
    """Why a plan sends a unit nowhere."""

    HELD = "held"
    OFF_DUTY = "off duty"
    NO_POSITION = "no position"
    OLD_POSITION = "position too old"
    INACCURATE = "position too inaccurate"
    NO_SKILL = "no ticket for its skills"
    NOTHING_IN_REACH = "nothing in reach"
    NOT_WORTH = "nothing worth the drive"
    OTHERS_NEARER = "others take what it could"
