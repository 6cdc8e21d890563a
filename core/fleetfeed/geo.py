"""Types for geocoding: points, queries, results, settings and counts. No I/O."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fleetfeed.states import PlaceKind
from fleetfeed.text.forms import is_degrees

# From the finest to the coarsest. What a provider calls otherwise counts as coarser than all of them.
PRECISIONS = (
    *("venue", "building", "street", "neighbourhood", "borough"),
    *("city", "postalcode", "island", "county", "state", "country"),
)
FINE = frozenset(PRECISIONS[: PRECISIONS.index("city")])  # precisions accepted for locations
EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Box:
    """The bounds of a country, in degrees; coordinates outside are rejected."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True)
class Point:
    """A point in degrees; NaN where a coordinate could not be read."""

    latitude: float
    longitude: float

    @classmethod
    def read(cls, latitude: object, longitude: object) -> Point:
        """Read numbers, or strings of plain decimal digits: float() would also accept `nan`, `1_000` and `١٢`."""
        return cls(_degrees(latitude), _degrees(longitude))

    @property
    def exists(self) -> bool:
        """Whether the coordinates are valid; 0,0 is not, as programs use it for an unknown place."""
        return abs(self.latitude) <= 90 and abs(self.longitude) <= 180 and (self.latitude, self.longitude) != (0, 0)

    def inside(self, box: Box) -> bool:
        """Whether it is inside a box."""
        return box.south <= self.latitude <= box.north and box.west <= self.longitude <= box.east

    def km_to(self, other: Point) -> float:
        """Return the distance over the earth's surface in km (haversine)."""
        here, there = math.radians(self.latitude), math.radians(other.latitude)
        east = math.radians(other.longitude - self.longitude)
        half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
        return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))

    def around(self, km: float) -> Box:
        """Return the box that contains everything within a distance."""
        north = math.degrees(km / EARTH_KM)
        east = min(180.0, north / max(math.cos(math.radians(self.latitude)), 1e-6))
        return Box(self.latitude - north, self.longitude - east, self.latitude + north, self.longitude + east)


@dataclass(frozen=True)
class GeocodeQuery:
    """A request for one place: a name, and where to look for it."""

    text: str
    country: Box | None = None  # results outside are rejected
    near: Point | None = None  # for a location, its cluster's point
    radius_km: float = 25.0  # results farther from `near` are rejected

    @property
    def viewbox(self) -> str:
        """The box around `near`, or else the country, in the form of providers: `west,south,east,north`."""
        box = self.near.around(self.radius_km) if self.near else self.country
        return f"{box.west:.5f},{box.south:.5f},{box.east:.5f},{box.north:.5f}" if box else ""


@dataclass(frozen=True)
class GeocodeResult:
    """The best match, and other candidates; for locations, the nearest acceptable one is chosen."""

    point: Point
    precision: str  # one of PRECISIONS
    display_name: str = ""
    provider: str = ""  # filled in by the core
    raw: Mapping[str, Any] = field(default_factory=dict)  # the provider's own record
    others: tuple[GeocodeResult, ...] = ()

    @classmethod
    def of(cls, results: Iterable[GeocodeResult]) -> GeocodeResult | None:
        """Make one result from several, the best first; None from none."""
        found = list(results)
        return replace(found[0], others=tuple(found[1:])) if found else None


@dataclass(frozen=True)
class Geocoder:
    """How to call a provider: declared as GEOCODER in its module, overridden by fleetfeed.toml."""

    needs: tuple[str, ...] = ()  # which of the following are required
    host: str = ""
    countrycodes: str = ""  # in the provider's format
    file: Path | None = None
    per_second: float | None = None
    per_minute: int | None = None
    per_day: int | None = None
    per_run: int | None = None
    cache: timedelta | None = None  # how long an answer is valid; None: forever
    api_key: str = field(default="", repr=False)


def _degrees(value: object) -> float:
    if isinstance(value, str) and is_degrees(value):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 360:
        return float(value)  # float() fails for huge integers, which JSON may have
    return math.nan


@dataclass(slots=True)
class Kind:
    """The counts of one kind of places, clusters or locations."""

    due: int = 0  # at the start
    results: Counter[str] = field(default_factory=Counter)  # ok, not_found, rejected; reused: from another spelling
    waiting: int = 0  # locations whose cluster has no point, so that they cannot be checked
    unaskable: int = 0  # the name without codes is too short, or too long

    @property
    def pending(self) -> int:
        """Places left for the next geocoding, as providers could not be asked."""
        return self.due - self.results.total()

    def as_dict(self) -> dict[str, Any]:
        """All counts, as plain types."""
        names = ("due", "waiting", "unaskable", "pending")
        return {name: getattr(self, name) for name in names} | {"results": dict(self.results)}


@dataclass(slots=True)
class Geocoded:
    """The report of one geocoding of a feed."""

    feed: str
    applied: bool = True  # False: due places were only counted
    kinds: dict[PlaceKind, Kind] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)  # provider → why it was no longer asked
    failed: set[str] = field(default_factory=set)  # of those: by an error, not by a spent budget
    tickets: int = 0  # with a changed place
    warnings: list[str] = field(default_factory=list)
    holder: str = ""  # who else is geocoding this feed
    standing: dict[str, Any] = field(default_factory=dict)  # see geocoding.report.standing()

    @property
    def pending(self) -> int:
        """Places left for the next geocoding."""
        return sum(kind.pending for kind in self.kinds.values())

    def as_dict(self) -> dict[str, Any]:
        """All of it, plain, as `--json` shows it."""
        from fleetfeed.text.redact import redact  # here, because feeds import this module

        return {
            "applied": self.applied,
            **{name: kind.as_dict() for name, kind in self.kinds.items()},
            "pending": self.pending,
            "calls": dict(self.calls),
            "stopped": {name: redact(why) for name, why in self.stopped.items()},
            "tickets_changed": self.tickets,
            "warnings": self.warnings,
            "holder": self.holder or None,
            **self.standing,
        }
