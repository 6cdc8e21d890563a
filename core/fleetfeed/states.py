"""The states and kinds that the code branches on. Their values are in JSON documents and the database."""

from __future__ import annotations

from enum import StrEnum


class RunOutcome(StrEnum):
    """How a run ended."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"  # nothing new since the last load
    EMPTY = "empty"  # there is no export
    BUSY = "busy"  # another run has the feed's lock
    REFUSED = "refused"  # the export cannot be trusted
    FAILED = "failed"

    @property
    def is_success(self) -> bool:
        """Whether the feed is as it should be after the run."""
        return self in (RunOutcome.LOADED, RunOutcome.UNCHANGED, RunOutcome.EMPTY)


class ObjectState(StrEnum):
    """What became of an object of the bucket."""

    SEEN = "seen"
    LOADED = "loaded"
    SUPERSEDED = "superseded"  # never read: a newer one was loaded
    REFUSED = "refused"
    ARCHIVED = "archived"
    GONE = "gone"


PROCESSED = (ObjectState.LOADED, ObjectState.SUPERSEDED, ObjectState.REFUSED, ObjectState.ARCHIVED)


class RecordOutcome(StrEnum):
    """What became of a rejected record that was read again."""

    REJECTED = "rejected"
    INSERTED = "inserted"
    UPDATED = "updated"
    KEPT = "kept"  # the row in the table is newer, or as new
    SUPERSEDED = "superseded"
    DROPPED = "dropped"


class Resolution(StrEnum):
    """How a rejected record was resolved."""

    REPLAY = "replay"  # the current rules can read it; open again if it is rejected again
    CORRECTION = "correction"  # by hand
    DISCARD = "discard"


class ChangeKind(StrEnum):
    """What an export changed about a ticket."""

    INSERTED = "inserted"
    UPDATED = "updated"
    ABSENT = "absent"  # no longer listed
    RETURNED = "returned"  # listed again


class ClosureBasis(StrEnum):
    """How the closing team of a closure is known."""

    ROW = "row"  # the closing row names it
    LAST = "last"  # the last one before
    OWNER = "owner"  # by `[teams.by_owner]`
    NONE = "none"
    BACKFILLED = "backfilled"  # attributed later, after changes were pruned


class ClosureKind(StrEnum):
    """Whether a closed ticket was repaired."""

    REPAIRED = "repaired"
    CANCELLED = "cancelled"


class Difference(StrEnum):
    """How an export differs from another, or from what its feed declares."""

    RENAMED = "renamed"
    GONE = "gone"
    NEW = "new"
    REJECTED = "rejected"  # cells or records that can no longer be read
    UNREADABLE = "unreadable"  # cells
    READABLE = "readable"  # cells that could not be read before
    VALUES = "values"  # cells that never occurred before
    MISSING = "missing"  # cells that no longer occur
    WRITTEN = "written"  # how the file is written
    REFUSED = "refused"


class StepKind(StrEnum):
    """What a step of `migrate` does; its text begins with this word."""

    ADD = "add"
    BRING = "bring"
    CAPTURE = "capture"
    CHANGE = "change"
    COPY = "copy"
    CREATE = "create"
    DROP = "drop"
    GIVE = "give"
    GRANT = "grant"
    KEEP = "keep"
    LEAVE = "leave"
    LOCK = "lock"
    NOTE = "note"
    PUT = "put"
    RECREATE = "recreate"
    REPLACE = "replace"
    RESPELL = "respell"
    SET = "set"
    TAKE = "take"


class PlaceSource(StrEnum):
    """Where a ticket's place comes from; the best first."""

    FEED = "feed"  # the export has coordinates
    LOCATION = "location"
    CLUSTER = "cluster"


class PlaceKind(StrEnum):
    """What is geocoded."""

    CLUSTERS = "clusters"
    LOCATIONS = "locations"


class PlaceStatus(StrEnum):
    """The result of looking up a place."""

    OK = "ok"
    NOT_FOUND = "not_found"
    REJECTED = "rejected"  # the result is too far away
    MANUAL = "manual"  # set by a person; no geocoder overwrites it


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
    OUTSIDE = "outside"  # of the countries of all feeds
    UNKNOWN_UNIT = "unknown unit"


class Alarm(StrEnum):
    """What the webhook reports on."""

    RUN = "run"
    FRESHNESS = "freshness"
    CONTENT = "content"
    BURSTS = "bursts"


class Freshness(StrEnum):
    """How fresh a feed is; computed by `tickets.freshness`."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"  # never loaded


class StaleReason(StrEnum):
    """Why a feed is stale."""

    FLEETFEED_STOPPED = "fleetfeed stopped"
    EXPORTER_STOPPED = "exporter stopped"


class Concern(StrEnum):
    """What needs a person's attention; found by `tickets.concerns`."""

    REFUSED = "refused"
    HELD = "held"
    NEW_STATUSES = "new statuses"


class AsOfBy(StrEnum):
    """Which time of a load a time of the past is compared with."""

    LOAD = "load"
    EXPORT = "export"


class Cause(StrEnum):
    """Why a feed differs from its rebuild."""

    RULES = "rules"  # loaded by other rules, or by unknown ones
    BY_HAND = "by hand"  # no load has written it, or one has written more
    REPLAYED = "replayed"  # a rejected record was read again
    BACKFILLED = "backfilled"  # from an export that was never loaded
    BEFORE = "before the archive"
    PRUNED = "pruned"
    MISSING = "missing export"
    UNEXPLAINED = "unexplained"
    MANY = "many"  # of no difference: to be accepted if more than a fifth of the tickets differ


class Part(StrEnum):
    """What of a feed is compared with its rebuild."""

    TICKETS = "tickets"
    BOOKKEEPING = "bookkeeping"
    PLACES = "places"
    LOG = "log"
    CLOSURES = "closures"
    FLOWS = "flows"
    BACKLOG = "backlog"
    REJECTS = "rejects"
    LOADS = "loads"


class Side(StrEnum):
    """Which of the two has what differs."""

    LIVE = "only live"
    REBUILT = "only rebuilt"
    BOTH = "unlike"


class PositionBasis(StrEnum):
    """What a unit's position is."""

    REPORTED = "position"
    HOME = "home"  # it has reported none


class HoldKind(StrEnum):
    """What a dispatcher decided by hand."""

    PIN = "pin"  # this unit takes this ticket
    NOT = "not"  # this unit does not take this ticket
    OFF = "off"  # this unit takes nothing, or nobody takes this ticket


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
    NOTHING_IN_REACH = "nothing in reach"
    NOT_WORTH = "nothing worth the drive"
    OTHERS_NEARER = "others take what it could"
