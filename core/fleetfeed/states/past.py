"""Kinds of differences between a feed and its rebuild, and times of the past."""

from __future__ import annotations

from enum import StrEnum


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


class ExecutorKind(StrEnum):
    """Who prepares the exports of a rebuild."""

    SERIAL = "serial"
    PROCESSES = "processes"
    DASK = "dask"
