"""All that the author of a feed or a plugin imports."""

from fleetfeed.feed import Box, Column, Degrees, Drop, Feed, Moment, Roles, Text, Untyped, Whole, YesNo, is_true
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Changes, Reject, Row, RowRejected, RunReport, Snapshot, StoredObject, Ticket

__version__ = "0.1.0"

__all__ = [
    "Box",
    "Changes",
    "Column",
    "Degrees",
    "Drop",
    "Feed",
    "Moment",
    "Reject",
    "Roles",
    "Row",
    "RowRejected",
    "RunReport",
    "Snapshot",
    "StoredObject",
    "Text",
    "Ticket",
    "Untyped",
    "Whole",
    "YesNo",
    "hookimpl",
    "is_true",
]
