"""The plausibility check of places: which place of an answer is accepted, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass

from fleetfeed.geo import FINE, PRECISIONS, GeocodeQuery, GeocodeResult, Point

_AREA = frozenset(PRECISIONS[: PRECISIONS.index("county")])  # precisions accepted for clusters


@dataclass(frozen=True, slots=True)
class Verdict:
    """The accepted place of an answer, or why there is none."""

    place: GeocodeResult | None
    subject: GeocodeResult  # the accepted place, or the one that `reason` is about
    reason: str = ""


def judge(query: GeocodeQuery, answer: GeocodeResult) -> Verdict:
    """Choose a place of an answer: for a location the nearest acceptable one, for a cluster the first."""
    places = [answer, *answer.others]
    if query.near is not None:
        # Providers list the best-known place first, which may be a namesake far away.
        places.sort(key=lambda place: _km(place, query.near))
    reasons = [_why_not(query, place) for place in places]
    for place, reason in zip(places, reasons, strict=True):
        if not reason:
            return Verdict(place, place)
    return Verdict(None, places[0], reasons[0])


def _why_not(query: GeocodeQuery, place: GeocodeResult) -> str:
    """Return why a place is not accepted; '' if it is."""
    point = place.point
    if not point.exists:
        return f"no place has the coordinates {point.latitude}, {point.longitude}"
    if query.country and not point.inside(query.country):
        return f"{point.latitude}, {point.longitude} is outside the country"
    if query.near and (far := too_far(point, query.near, query.radius_km)):
        return far
    wanted = FINE if query.near else _AREA
    return "" if place.precision in wanted else f"only the {place.precision or 'area'} was found, not the place itself"


def too_far(point: Point, cluster: Point, radius_km: float) -> str:
    """Return the message for a location that is too far from its cluster; '' if it is not."""
    km = point.km_to(cluster)
    return "" if km <= radius_km else f"{km:,.1f} km from its cluster, of {radius_km:g} km at most"


def _km(place: GeocodeResult, near: Point | None) -> float:
    return place.point.km_to(near) if near and place.point.exists else float("inf")
