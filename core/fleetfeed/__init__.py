"""All that the author of a feed or a plugin imports."""

from fleetfeed.declaration import choose
from fleetfeed.errors import BadQuery, GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.feed import Box, Column, Degrees, Drop, Feed, Moment, Roles, Text, Untyped, Whole, YesNo, is_true
from fleetfeed.geocoding.model import GeocodeQuery, Geocoder, GeocodeResult, Point
from fleetfeed.hookspecs import API_VERSION, hookimpl
from fleetfeed.model import Changes, Reject, Row, RowRejected, RunReport, Snapshot, StoredObject, Ticket

__version__ = "0.1.0"

__all__ = [
    "API_VERSION",
    "BadQuery",
    "Box",
    "Changes",
    "Column",
    "Degrees",
    "Drop",
    "Feed",
    "GeocodeQuery",
    "GeocodeResult",
    "Geocoder",
    "GeocoderUnavailable",
    "Moment",
    "NotAuthorised",
    "NotUnderstood",
    "Point",
    "RateLimited",
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
    "choose",
    "hookimpl",
    "is_true",
]
