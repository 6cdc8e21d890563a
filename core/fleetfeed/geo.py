"""What a geocoder is asked and what it answers. No I/O in here."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

# From the finest to the coarsest. What a provider calls otherwise counts as coarser than all of them.
PRECISIONS = (
    *("venue", "building", "street", "neighbourhood", "borough"),
    *("city", "postalcode", "island", "county", "state", "country"),
)
FINE = frozenset(PRECISIONS[: PRECISIONS.index("city")])  # what a location has to be
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?")
_EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Box:
    """Bound a country, in degrees: a coordinate outside is not believed."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True)
class Point:
    """A place on earth, in degrees; one that could not be read is not a number."""

    latitude: float
    longitude: float

    @classmethod
    def read(cls, latitude: object, longitude: object) -> Point:
        """Read two numbers, or texts of plain decimal digits: float() would take `nan`, `1_000` and `١٢`, too."""
        return cls(_degrees(latitude), _degrees(longitude))

    @property
    def exists(self) -> bool:
        """Whether there is such a place; 0,0 is what programs say that know none."""
        return abs(self.latitude) <= 90 and abs(self.longitude) <= 180 and (self.latitude, self.longitude) != (0, 0)

    def inside(self, box: Box) -> bool:
        """Whether it lies in a country."""
        return box.south <= self.latitude <= box.north and box.west <= self.longitude <= box.east

    def km_to(self, other: Point) -> float:
        """Tell the distance over the earth's surface (haversine)."""
        here, there = math.radians(self.latitude), math.radians(other.latitude)
        east = math.radians(other.longitude - self.longitude)
        half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))

    def around(self, km: float) -> Box:
        """Bound what lies within a distance."""
        north = math.degrees(km / _EARTH_KM)
        east = min(180.0, north / max(math.cos(math.radians(self.latitude)), 1e-6))
        return Box(self.latitude - north, self.longitude - east, self.latitude + north, self.longitude + east)


@dataclass(frozen=True)
class GeocodeQuery:
    """Ask for one place: a name, and where it should be looked for."""

    text: str
    country: Box | None = None  # nothing outside counts
    near: Point | None = None  # the cluster's point, of a location
    radius_km: float = 25.0  # nothing farther from `near` counts

    @property
    def viewbox(self) -> str:
        """Where to look, around `near` or else in the country, as providers want it: `west,south,east,north`."""
        box = self.near.around(self.radius_km) if self.near else self.country
        return f"{box.west:.5f},{box.south:.5f},{box.east:.5f},{box.north:.5f}" if box else ""


@dataclass(frozen=True)
class GeocodeResult:
    """Answer with one place, and with the others that may be meant: of those that count, the nearest is taken."""

    point: Point
    precision: str  # one of PRECISIONS
    display_name: str = ""
    provider: str = ""  # filled in by the core
    raw: Mapping[str, Any] = field(default_factory=dict)  # the place as the provider tells it
    others: tuple[GeocodeResult, ...] = ()

    @classmethod
    def of(cls, results: Iterable[GeocodeResult]) -> GeocodeResult | None:
        """Make one answer of several places, the best first; None of no place."""
        found = list(results)
        return replace(found[0], others=tuple(found[1:])) if found else None


@dataclass(frozen=True)
class Geocoder:
    """Say how a provider is asked: what its module declares as GEOCODER, with fleetfeed.toml over it."""

    needs: tuple[str, ...] = ()  # which of the following it cannot be asked without
    host: str = ""
    countrycodes: str = ""  # as the provider wants them
    file: Path | None = None
    per_second: float | None = None
    per_minute: int | None = None
    per_day: int | None = None
    per_run: int | None = None
    cache: timedelta | None = None  # how long an answer counts as fresh; None: for good
    api_key: str = field(default="", repr=False)


def _degrees(value: object) -> float:
    if isinstance(value, str) and _DEGREES.fullmatch(value):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 360:
        return float(value)  # an integer of JSON may be too large for it
    return math.nan


@dataclass(slots=True)
class Kind:
    """Count the places of one kind, clusters or locations."""

    due: int = 0  # to be asked for when it began
    results: Counter[str] = field(default_factory=Counter)  # ok, not_found, rejected; reused: known by another spelling
    waiting: int = 0  # locations whose cluster has no place, so that nothing could tell a wrong one
    unaskable: int = 0  # too little is left of the name without its codes, or it is too long for one

    @property
    def pending(self) -> int:
        """Places that a geocoding soon asks for: nobody, or not everybody, could be asked."""
        return self.due - self.results.total()

    def as_dict(self) -> dict[str, Any]:
        """All counts, plain."""
        names = ("due", "waiting", "unaskable", "pending")
        return {name: getattr(self, name) for name in names} | {"results": dict(self.results)}


@dataclass(slots=True)
class Geocoded:
    """Tell one geocoding of one feed."""

    feed: str
    applied: bool = True  # False: nobody was asked, the due places were only counted
    kinds: dict[str, Kind] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)  # provider → why it was asked no more
    failed: set[str] = field(default_factory=set)  # of those: by a fault, and not because a budget was spent
    tickets: int = 0  # that have another place now
    warnings: list[str] = field(default_factory=list)
    holder: str = ""  # who is geocoding this feed already
    standing: dict[str, Any] = field(default_factory=dict)  # see standing()

    @property
    def pending(self) -> int:
        """Places that a geocoding soon asks for."""
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
