"""A simulated provider host: it knows one place, and can fail in every way."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from fleetfeed.geo import Box, GeocodeQuery, Point

HOST = "https://geocoder.example"
KEY = "pk.canary-of-the-conformance-kit"
PLACE = Point(-1.2921, 36.7856)  # as docs/testing-plugins.md promises to authors of a sample answer
QUERY = GeocodeQuery("Mill Lane", Box(-5, 33, 5, 42), Point(-1.29, 36.78))
# A place in Nominatim's form, which many providers share, with LocationIQ's additions.
NOMINATIM = [
    {
        "place_id": 1,
        "lat": "-1.2921",
        "lon": "36.7856",
        "addresstype": "road",
        "place_rank": 26,
        "display_name": "Mill Lane, Northtown",
        "matchquality": {"matchcode": "exact", "matchtype": "point", "matchlevel": "street"},
    }
]
Host = Callable[[httpx.Request], httpx.Response]


def replies(body: object, status: int = 200) -> Host:
    """Return a host that gives this answer to everything: text and bytes as they are, anything else as JSON."""
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return lambda request: httpx.Response(status, content=content)


def fails(error: type[httpx.TransportError]) -> Host:
    """Return a host that cannot be reached; like some real ones, its error contains the whole URL."""

    def host(request: httpx.Request) -> httpx.Response:
        raise error(f"no answer from {request.url}")

    return host
