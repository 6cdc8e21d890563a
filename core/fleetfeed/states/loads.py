"""States and kinds of loads, tickets and their places, closures, and alarms."""

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
