"""Nominatim, your own: set its host. The public server forbids bulk use. https://nominatim.org/release-docs/latest/"""

from __future__ import annotations

from typing import Any

from fleetfeed import GeocodeQuery, Geocoder, GeocodeResult, Point, Service, hookimpl

GEOCODER = Geocoder(needs=("host",), per_second=1)
# A place's rank, up to which it is of this precision; a town or a village answers for a whole area.
RANKS = {4: "country", 9: "state", 12: "county", 19: "city", 25: "neighbourhood", 27: "street", 30: "venue"}
# Its kind says more than its rank, where the ranks of towns and of parts of one meet.
KINDS = {"suburb": "borough", "borough": "borough", "quarter": "neighbourhood", "neighbourhood": "neighbourhood"}


@hookimpl
def geocode(query: GeocodeQuery, service: Service) -> GeocodeResult | None:
    """Ask the search; an empty list is no result."""
    params = {"q": query.text, "format": "jsonv2", "limit": "5"}
    if service.settings.countrycodes:
        params["countrycodes"] = service.settings.countrycodes
    if query.viewbox:
        params["viewbox"] = query.viewbox
    return GeocodeResult.of(map(_result, service.get("/search", params).check().places()))


def _result(place: dict[str, Any]) -> GeocodeResult:
    rank = place.get("place_rank")
    by_rank = (name for most, name in RANKS.items() if isinstance(rank, int) and rank <= most)
    precision = KINDS.get(str(place.get("addresstype"))) or next(by_rank, "")
    point = Point.read(place.get("lat"), place.get("lon"))
    return GeocodeResult(point, precision, str(place.get("display_name") or ""), raw=place)
