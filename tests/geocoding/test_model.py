"""Points and queries."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed import Box, GeocodeQuery, GeocodeResult, Point
from tests.geocoding.kit import KILIMANI


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("nan", "36.8"),
        ("NaN", "36.8"),
        (math.nan, 36.8),
        ("inf", "36.8"),
        (math.inf, 36.8),
        ("1e1", "36.8"),
        ("1_0", "36.8"),
        ("١٢", "36.8"),
        ("0x1F", "36.8"),
        (" -1.2", "36.8"),
        ("-1.2\n", "36.8"),
        ("-1,2", "36.8"),
        ("", "36.8"),
        (None, "36.8"),
        (True, 36.8),
        (["-1.2"], "36.8"),
        ({}, "36.8"),
        (10**400, 36.8),
        ("90.1", "36.8"),
        ("-1.2", "180.1"),
        ("0", "0"),
        (0, 0.0),
    ],
)
def test_what_is_no_place_on_earth_does_not_exist(latitude: object, longitude: object) -> None:
    assert not Point.read(latitude, longitude).exists


@pytest.mark.parametrize(("latitude", "longitude"), [("-1.2921", "36.7856"), (-1.2921, 36.7856), ("-1.2921", 36.7856)])
def test_numbers_are_read_as_numbers_and_as_text(latitude: object, longitude: object) -> None:
    assert Point.read(latitude, longitude) == KILIMANI


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.binary(), st.lists(st.text())))
def test_whatever_an_answer_holds_is_read_without_an_error(value: object) -> None:
    point = Point.read(value, value)
    assert point.exists == (abs(point.latitude) <= 90 and point.latitude != 0)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_a_distance_is_one_in_both_directions_and_none_to_itself(a: float, b: float, c: float, d: float) -> None:
    here, there = Point(a, b), Point(c, d)
    assert here.km_to(there) == pytest.approx(there.km_to(here), abs=1e-6)
    assert 0 <= here.km_to(there) <= math.pi * 6371.1
    assert here.km_to(here) == 0


def test_a_distance_is_that_of_the_map() -> None:
    nairobi, mombasa = Point(-1.2864, 36.8172), Point(-4.0435, 39.6682)
    assert nairobi.km_to(mombasa) == pytest.approx(440, abs=2)
    assert Point(0, 36).km_to(Point(0, 37)) == pytest.approx(111.19, abs=0.01)


@given(st.floats(-80, 80), st.floats(-170, 170), st.floats(0.1, 100), st.floats(0, 2 * math.pi))
def test_what_lies_within_a_distance_lies_in_the_box_around(
    latitude: float, longitude: float, km: float, way: float
) -> None:
    here = Point(latitude, longitude)
    box = here.around(km)
    north, east = (box.north - latitude) * math.sin(way), (box.east - longitude) * math.cos(way)
    there = Point(latitude + north * 0.99, longitude + east * 0.99)
    assert there.inside(box)
    assert here.km_to(Point(box.north, longitude)) == pytest.approx(km)
    assert box.south < box.north
    assert box.west < box.east


def test_a_viewbox_is_longitude_first_and_around_a_known_cluster() -> None:
    kenya = Box(south=-4.9, west=33.8, north=5.6, east=42.0)
    assert GeocodeQuery("x").viewbox == ""
    assert GeocodeQuery("x", kenya).viewbox == "33.80000,-4.90000,42.00000,5.60000"
    west, south, east, north = map(float, GeocodeQuery("x", kenya, KILIMANI, 25).viewbox.split(","))
    assert west < KILIMANI.longitude < east
    assert south < KILIMANI.latitude < north
    assert KILIMANI.km_to(Point(KILIMANI.latitude, east)) == pytest.approx(25, abs=0.01)


def test_several_places_are_one_answer_and_no_place_is_none() -> None:
    one, two = GeocodeResult(KILIMANI, "street"), GeocodeResult(KILIMANI, "venue")
    assert GeocodeResult.of([]) is None
    answer = GeocodeResult.of([one, two])
    assert answer is not None
    assert (answer.precision, answer.others) == ("street", (two,))
