"""The wrong-place guard: what of an answer counts, and why the rest does not."""

from __future__ import annotations

from dataclasses import dataclass

from fleetfeed.geo import FINE, PRECISIONS, GeocodeQuery, GeocodeResult, Point

_AREA = frozenset(PRECISIONS[: PRECISIONS.index("county")])  # what a cluster has to be


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say which place of an answer counts, or why none does."""

    place: GeocodeResult | None
    told: GeocodeResult  # the place that the reason is about, or the one that counts
    reason: str = ""


def judge(query: GeocodeQuery, answer: GeocodeResult) -> Verdict:
    """Choose among all places of an answer: of a location the nearest that counts, of a cluster the first."""
    places = [answer, *answer.others]
    if query.near is not None:
        # Providers put the best known first, which may be the namesake at the other end of the country.
        places.sort(key=lambda place: _km(place, query.near))
    reasons = [_why_not(query, place) for place in places]
    for place, reason in zip(places, reasons, strict=True):
        if not reason:
            return Verdict(place, place)
    return Verdict(None, places[0], reasons[0])


def _why_not(query: GeocodeQuery, place: GeocodeResult) -> str:
    """Say why a place does not count; an empty text says that it does."""
    point = place.point
    if not point.exists:
        return f"no place has the coordinates {point.latitude}, {point.longitude}"
    if query.country and not point.inside(query.country):
        return f"{point.latitude}, {point.longitude} lies outside the country"
    if query.near and (far := too_far(point, query.near, query.radius_km)):
        return far
    wanted = FINE if query.near else _AREA
    return "" if place.precision in wanted else f"only the {place.precision or 'area'} was found, not the place itself"


def too_far(point: Point, cluster: Point, radius_km: float) -> str:
    """Say that a location is too far from its cluster; an empty text says that it is not."""
    km = point.km_to(cluster)
    return "" if km <= radius_km else f"{km:,.1f} km from its cluster, of {radius_km:g} km at most"


def _km(place: GeocodeResult, near: Point | None) -> float:
    return place.point.km_to(near) if near and place.point.exists else float("inf")
