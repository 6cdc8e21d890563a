"""The host of a provider, played: it knows one place, and fails in every way."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from fleetfeed.geo import Box, GeocodeQuery, Point

HOST = "https://geocoder.example"
KEY = "pk.canary-of-the-conformance-kit"
PLACE = Point(-1.2921, 36.7856)
QUERY = GeocodeQuery("Moi Avenue", Box(-4.72, 33.91, 5.06, 41.91), Point(-1.29, 36.78))
# How Nominatim and all that follow it tell a place, with the words that LocationIQ adds.
NOMINATIM = [
    {
        "place_id": 1,
        "lat": "-1.2921",
        "lon": "36.7856",
        "addresstype": "road",
        "place_rank": 26,
        "display_name": "Moi Avenue, Nairobi, Kenya",
        "matchquality": {"matchcode": "exact", "matchtype": "point", "matchlevel": "street"},
    }
]
Host = Callable[[httpx.Request], httpx.Response]


def says(body: object, status: int = 200) -> Host:
    """Play a host that answers everything with this: texts and bytes as they are, all else as JSON."""
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return lambda request: httpx.Response(status, content=content)


def fails(error: type[httpx.TransportError]) -> Host:
    """Play a host that cannot be reached; as some do, the error tells the whole URL."""

    def host(request: httpx.Request) -> httpx.Response:
        raise error(f"no answer from {request.url}")

    return host
