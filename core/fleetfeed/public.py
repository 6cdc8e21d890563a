"""What authors of feeds and plugins import, and `Project` to run feeds from Python: the names of `fleetfeed` itself."""

from fleetfeed._version import __version__
from fleetfeed.errors import BadQuery, GeocoderUnavailable, NoPositions, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.feed import Column, Degrees, Drop, Feed, Moment, Roles, Text, Untyped, Whole, YesNo, is_true
from fleetfeed.feed.problems import choose
from fleetfeed.fleet import Position, PositionSource, Unit
from fleetfeed.geo import Box, GeocodeQuery, Geocoder, GeocodeResult, Point
from fleetfeed.hookspecs import API_VERSION, hookimpl
from fleetfeed.interfaces import Bucket, Database, Export, PositionService, Reply, Service, Tickets
from fleetfeed.model import Changes, Ledger, Reject, Row, RowRejected, RunReport, Snapshot, StoredObject, Ticket
from fleetfeed.project import Project

__all__ = [
    "API_VERSION",
    "BadQuery",
    "Box",
    "Bucket",
    "Changes",
    "Column",
    "Database",
    "Degrees",
    "Drop",
    "Export",
    "Feed",
    "GeocodeQuery",
    "GeocodeResult",
    "Geocoder",
    "GeocoderUnavailable",
    "Ledger",
    "Moment",
    "NoPositions",
    "NotAuthorised",
    "NotUnderstood",
    "Point",
    "Position",
    "PositionService",
    "PositionSource",
    "Project",
    "RateLimited",
    "Reject",
    "Reply",
    "Roles",
    "Row",
    "RowRejected",
    "RunReport",
    "Service",
    "Snapshot",
    "StoredObject",
    "Text",
    "Ticket",
    "Tickets",
    "Unit",
    "Untyped",
    "Whole",
    "YesNo",
    "__version__",
    "choose",
    "hookimpl",
    "is_true",
]
