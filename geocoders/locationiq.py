"""LocationIQ: OpenStreetMap's data behind a key. https://docs.locationiq.com/reference/search"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fleetfeed import GeocodeQuery, Geocoder, GeocodeResult, Point, RateLimited, Service, hookimpl

# The free plan's: 48 hours are for how long it lets answers be used instead of asking again.
GEOCODER = Geocoder(
    needs=("api_key",),
    host="https://us1.locationiq.com",
    per_second=2,
    per_minute=60,
    per_day=5000,
    cache=timedelta(hours=48),
)
PLACES = "5"  # the nearest of them is taken; what is far comes first when it is better known


@hookimpl
def geocode(query: GeocodeQuery, service: Service) -> GeocodeResult | None:
    """Ask the search; a 404 that says so is no result, any other is a wrong host."""
    settings = service.settings
    params = {
        "key": settings.api_key,
        "q": query.text,
        "format": "json",  # XML else
        "matchquality": "1",  # a misspelt street returns its city: only the match level shows it
        "normalizeaddress": "1",
        "limit": PLACES,
    }
    if settings.countrycodes:
        params["countrycodes"] = settings.countrycodes
    if query.viewbox:
        params["viewbox"] = query.viewbox
    reply = service.get("/v1/search", params)
    if reply.status == 404 and "unable to geocode" in reply.said.lower():
        return None
    if reply.status == 429:
        said = reply.said.lower()
        raise RateLimited(
            f"locationiq: {reply.said}.", "second" if "second" in said else "day" if "day" in said else "minute"
        )
    return GeocodeResult.of(map(_result, reply.check().places()))


def account(service: Service) -> int | None:
    """Return how many calls the account has left today, which costs none. Raises as the search does."""
    reply = service.get("/v1/balance", {"key": service.settings.api_key, "format": "json"}).check()
    return reply.number("balance", "day")


def _result(place: dict[str, Any]) -> GeocodeResult:
    quality = place.get("matchquality")
    level = quality.get("matchlevel") if isinstance(quality, dict) else None
    point = Point.read(place.get("lat"), place.get("lon"))
    return GeocodeResult(point, str(level or ""), str(place.get("display_name") or ""), raw=place)
