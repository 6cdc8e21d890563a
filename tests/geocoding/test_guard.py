"""The wrong-place guard: what of an answer counts."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed import GeocodeQuery, GeocodeResult, Point
from fleetfeed.geo import FINE, PRECISIONS
from fleetfeed.geocoding.guard import judge
from tests.geocoding.kit import KILIMANI, at, near
from tests.kit import FEED

CLUSTER = GeocodeQuery("Kilimani", FEED.country)
LOCATION = GeocodeQuery("Moi Avenue", FEED.country, KILIMANI, 25)
KM = 1 / 111.195  # degrees of latitude


@pytest.mark.parametrize(("km", "counts"), [(0, True), (24.9, True), (25.1, False), (440, False)])
def test_a_location_counts_within_25_km_of_its_cluster(km: float, counts: bool) -> None:
    verdict = judge(LOCATION, at(near(km * KM)))
    assert (verdict.place is not None) is counts
    assert bool(verdict.reason) is not counts
    assert counts or verdict.reason == f"{km:.1f} km from its cluster, of 25 km at most"


def test_the_distance_is_the_queries_own() -> None:
    assert judge(GeocodeQuery("x", FEED.country, KILIMANI, 5), at(near(6 * KM))).place is None
    assert judge(GeocodeQuery("x", FEED.country, KILIMANI, 7), at(near(6 * KM))).place is not None


@pytest.mark.parametrize("precision", [*PRECISIONS, "", "marine", "planet"])
def test_a_location_is_finer_than_a_city_and_a_cluster_finer_than_a_county(precision: str) -> None:
    fine = precision in {"venue", "building", "street", "neighbourhood", "borough"}
    area = fine or precision in {"city", "postalcode", "island"}
    assert (judge(LOCATION, at(near(), precision)).place is not None) is fine
    assert (judge(CLUSTER, at(near(), precision)).place is not None) is area


def test_a_misspelt_street_answered_with_its_city_is_refused() -> None:
    verdict = judge(LOCATION, at(near(), "city"))
    assert (verdict.place, verdict.reason) == (None, "only the city was found, not the place itself")


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        (Point(KILIMANI.longitude, KILIMANI.latitude), "36.7856, -1.2921 is outside the country"),  # swapped
        (Point(51.5, -0.12), "51.5, -0.12 is outside the country"),
        (Point(0, 0), "no place has the coordinates 0, 0"),
        (Point(-1.2, 200), "no place has the coordinates -1.2, 200"),
        (Point(float("nan"), 36.8), "no place has the coordinates nan, 36.8"),
    ],
)
@pytest.mark.parametrize("query", [CLUSTER, LOCATION])
def test_a_point_where_the_country_is_not_is_refused(query: GeocodeQuery, point: Point, reason: str) -> None:
    verdict = judge(query, at(point))
    assert (verdict.place, verdict.reason) == (None, reason)


def test_without_a_country_a_point_has_only_to_exist() -> None:
    assert judge(GeocodeQuery("x"), at(Point(51.5, -0.12))).place is not None
    assert judge(GeocodeQuery("x"), at(Point(0, 0))).place is None


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_of_several_places_the_nearest_valid_one_is_taken(order: tuple[int, ...]) -> None:
    places = [
        at(Point(-4.05, 39.67), name="the famous one, in Mombasa"),
        at(near(3 * KM), name="the right one"),
        at(near(1 * KM), "city", name="nearer, but only the city"),
        at(near(9 * KM), name="its namesake across town"),
    ]
    first, *others = (places[number] for number in order)
    verdict = judge(LOCATION, at(first.point, first.precision, *others, name=first.display_name))
    assert verdict.place is not None
    assert verdict.place.display_name == "the right one"


def test_of_a_cluster_the_first_that_counts_is_taken() -> None:
    answer = at(Point(51.5, 0), "city", at(near(2), "city", name="first in the country"), at(near(1), name="second"))
    verdict = judge(CLUSTER, answer)
    assert verdict.place is not None
    assert verdict.place.display_name == "first in the country"


def test_where_none_counts_the_reason_is_that_of_the_nearest() -> None:
    verdict = judge(LOCATION, at(near(300 * KM), "street", at(near(30 * KM), name="near miss"), at(Point(0, 0))))
    assert (verdict.place, verdict.subject.display_name) == (None, "near miss")
    assert verdict.reason == "30.0 km from its cluster, of 25 km at most"


FLOATS = st.one_of(st.floats(), st.floats(-5, 5), st.floats(33, 42))
PLACES = st.builds(GeocodeResult, st.builds(Point, FLOATS, FLOATS), st.sampled_from([*PRECISIONS, "", "?"]))


@given(PLACES, st.lists(PLACES, max_size=6))
def test_whatever_a_provider_says_no_location_lands_in_the_wrong_place(
    first: GeocodeResult, others: list[GeocodeResult]
) -> None:
    verdict = judge(LOCATION, at(first.point, first.precision, *others))
    if verdict.place is None:
        assert verdict.reason
    else:
        assert verdict.place.point.km_to(KILIMANI) <= 25
        assert verdict.place.precision in FINE
        assert FEED.country is not None
        assert verdict.place.point.inside(FEED.country)
