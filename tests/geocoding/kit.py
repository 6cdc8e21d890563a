"""A clock that a test moves, providers that a test speaks for, and tickets to find places for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from fleetfeed import GeocodeQuery, Geocoder, GeocodeResult, Point
from fleetfeed.database import Database
from fleetfeed.geo import Geocoded
from fleetfeed.geocoding.geocode import GeocodeJob, geocode
from fleetfeed.geocoding.manual import Known, enter
from fleetfeed.geocoding.policy import Provider
from fleetfeed.geocoding.service import Service
from fleetfeed.plugins.registry import find
from fleetfeed.runtime.clock import Clock
from fleetfeed.text.parse import location_key
from tests.kit import FEED, ROOT, Bench, ticket

if TYPE_CHECKING:
    from pathlib import Path

KILIMANI = Point(-1.2921, 36.7856)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = "pk.canary-of-the-geocoder-key"
Answer = Callable[[GeocodeQuery], GeocodeResult | None]
Handler = Callable[[httpx.Request], httpx.Response]


class FakeClock(Clock):
    """Return the time that the test says; to wait is to move it on."""

    def __init__(self, now: datetime = NOON) -> None:
        self.time = now
        self.slept = 0.0

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.time += timedelta(seconds=seconds)

    def pass_(self, **time: float) -> None:
        """Let time pass without anybody waiting."""
        self.time += timedelta(**time)


class Told:
    """A provider that a test speaks for, and what it was asked."""

    def __init__(self, answer: Answer | GeocodeResult | Exception | None = None, name: str = "reported", **limits: Any):
        self.answer, self.name, self.settings = answer, name, Geocoder(**limits)
        self.asked: list[GeocodeQuery] = []

    @property
    def texts(self) -> list[str]:
        return [query.text for query in self.asked]

    @property
    def provider(self) -> Provider:
        return Provider(self.name, self._ask, self.settings)

    def _ask(self, query: GeocodeQuery) -> GeocodeResult | None:
        self.asked.append(query)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(query) if callable(self.answer) else self.answer


def at(point: Point, precision: str = "street", *others: GeocodeResult, name: str = "somewhere") -> GeocodeResult:
    """Answer with a place."""
    return GeocodeResult(point, precision, name, others=others)


FOUND = at(KILIMANI, "street")


def streets(scene: Scene, count: int) -> None:
    """Load tickets, each in a street of its own, in a cluster that is on the map."""
    scene.place()
    scene.load(*(ticket(f"T{number}", location_name=f"Street {number}") for number in range(count)))


def near(latitude: float = 0.01, longitude: float = 0.0) -> Point:
    """Give a point that lies so many degrees from Kilimani's."""
    return Point(KILIMANI.latitude + latitude, KILIMANI.longitude + longitude)


def plugin(name: str) -> Any:
    """Give one of this repository's own geocoders."""
    return find(ROOT, ["geocoders"]).get(name).module


def bundled(name: str, answer: Handler | None = None, **settings: Any) -> Provider:
    """Give one of this repository's own geocoders as a provider, its host played by a function."""
    module = plugin(name)
    given = {"host": f"https://{name}.example", "api_key": KEY} | settings
    declared = replace(getattr(module, "GEOCODER", Geocoder()), **given)
    service = Service(name, declared, transport=httpx.MockTransport(answer) if answer else None)
    return Provider(name, lambda query: module.geocode(query=query, service=service), declared, service.close)


class Scene:
    """Tickets of INC in a database, and a clock."""

    def __init__(self, db: Database, url: str, folder: Path) -> None:
        self.db, self.url, self.bench, self.clock = db, url, Bench(db, folder), FakeClock()

    def load(self, *rows: Mapping[str, str]) -> None:
        """Put tickets into the table, without an export; the trigger finds them a place as for any writer."""
        for row in rows:
            raw = {name: cell for name, cell in row.items() if cell and name not in FEED.ignored}
            self.db.execute(
                "INSERT INTO tickets.inc (ticket_id, raw, location_key) VALUES (%s, %s, %s) "
                "ON CONFLICT (ticket_id) DO UPDATE SET raw = excluded.raw, location_key = excluded.location_key",
                [row["ticket_id"], json.dumps(raw), location_key(raw.get("location_name"))],
            )

    def geocode(self, *providers: Told | Provider, **options: Any) -> Geocoded:
        """Geocode with these providers; clusters and locations, if nothing else is said."""
        if not {"clusters", "locations"} & options.keys():
            options |= {"clusters": True, "locations": True}
        asked = [one.provider if isinstance(one, Told) else one for one in providers]
        return geocode(GeocodeJob(FEED, asked, clock=self.clock, **options), self.db)

    def enter(self, *places: Known, radius_km: float = 25.0) -> Mapping[str, int | None]:
        """Enter places by hand."""
        return enter(self.db, [FEED], places, self.clock, {"inc": radius_km})

    def place(self, cluster: str = "Kilimani", point: Point = KILIMANI, status: str = "manual") -> None:
        """Put a cluster on the map."""
        self.db.execute(
            "INSERT INTO tickets.geo_clusters (cluster, geom, status) "
            "VALUES (%s, public.ST_SetSRID(public.ST_MakePoint(%s, %s), 4326), %s)",
            [cluster, point.longitude, point.latitude, status],
        )

    def clusters(self, columns: str = "status") -> Any:
        """Read the clusters' places: by name one value, or a tuple of several."""
        return _by_name(self.db.all(f"SELECT cluster, {columns} FROM tickets.geo_clusters"))

    def locations(self, columns: str = "status") -> Any:
        """Read the locations' places."""
        return _by_name(self.db.all(f"SELECT location_key, {columns} FROM tickets.geo_locations"))

    def sources(self) -> Mapping[str, tuple[str | None, str | None]]:
        """Return where each ticket's place came from, and how precise it is."""
        found = self.db.all("SELECT ticket_id, geo_source, geo_precision FROM tickets.inc ORDER BY 1")
        return {key: (source, precision) for key, source, precision in found}


def _by_name(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {name: values[0] if len(values) == 1 else tuple(values) for name, *values in rows}
