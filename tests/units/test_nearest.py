"""What is nearest: to a point, a unit, a ticket; by index, and by brute force."""

from __future__ import annotations

import random
from typing import Any

import pytest

from fleetfeed.database import Database
from fleetfeed.errors import DatabaseError, InvalidArgument
from fleetfeed.geo import Point
from fleetfeed.units.nearest import TO_POINT, TO_TICKET, TO_UNIT, UNITS, ask
from tests.database.schema.derived.kit import done, put
from tests.kit import ticket
from tests.units.conftest import Take, fix

HERE = Point(-1.29, 36.80)


def near(db: Database, latitude: float, longitude: float, limit: int = 10) -> list[tuple[str, int]]:
    document = ask(db, TO_POINT.format("inc"), [latitude, longitude, limit])
    found = [feature["properties"] for feature in document["features"]]
    return [(one["ticket_id"], one["distance_m"]) for one in found]


def placed(key: str, latitude: float, longitude: float, **cells: str) -> dict[str, str]:
    return ticket(key, latitude=f"{latitude:.6f}", longitude=f"{longitude:.6f}", **cells)


def test_open_tickets_come_by_distance_and_others_do_not(db: Database) -> None:
    put(
        db,
        [
            placed("FAR", -1.40, 36.80),
            placed("NEAR", -1.291, 36.80),
            placed("NEXT", -1.30, 36.80),
            done("CLOSED", latitude="-1.29", longitude="36.80"),
            ticket("NOWHERE", cluster="Nowhere", location_name=""),
        ],
    )
    db.execute("UPDATE tickets.inc SET absent_since = NULL")
    put(db, [placed("GONE", -1.29, 36.80)])
    db.execute("UPDATE tickets.inc SET absent_since = now() WHERE ticket_id = 'GONE'")

    assert near(db, -1.29, 36.80) == [("NEAR", 111), ("NEXT", 1112), ("FAR", 12231)]
    assert near(db, -1.29, 36.80, 1) == [("NEAR", 111)]


def test_of_tickets_at_one_place_the_oldest_come_first(db: Database) -> None:
    days = {"C": 3, "A": 1, "B": 2, "D": 4}
    put(db, [placed(key, -1.29, 36.80, created_at_service=f"2026-11-0{day} 08:00:00") for key, day in days.items()])
    assert [key for key, _ in near(db, -1.3, 36.8, 3)] == ["A", "B", "C"]


def test_the_index_finds_what_brute_force_finds(db: Database) -> None:
    draw = random.Random(7)
    spots = [(round(draw.uniform(-1.5, -1.1), 3), round(draw.uniform(36.6, 37.0), 3)) for _ in range(40)]
    places = {f"T{number:03}": draw.choice(spots) for number in range(300)}
    put(db, [placed(key, *place) for key, place in places.items()])
    for _ in range(20):
        here, limit = Point(draw.uniform(-2, 0), draw.uniform(36, 38)), draw.randint(1, 50)
        expected = sorted((here.km_to(Point(*place)), key) for key, place in places.items())[:limit]
        found = near(db, here.latitude, here.longitude, limit)
        assert [key for key, _ in found] == [key for _, key in expected]
        assert [metres for _, metres in found] == pytest.approx([1000 * km for km, _ in expected], rel=1e-4, abs=1)


def test_the_partial_index_is_used(db: Database) -> None:
    put(db, [placed(f"T{number}", -1.2 - number / 5000, 36.8) for number in range(500)])
    db.execute("ANALYZE tickets.inc")
    with db.transaction():
        near(db, -1.29, 36.80)
        scans = "SELECT pg_stat_get_xact_numscans(%s::regclass)"
        assert db.one(scans, ["tickets.inc_open_geog"]) == 2
        assert db.one(scans, ["tickets.inc"]) == 0  # sequential ones


def test_a_unit_stands_at_its_position_else_at_its_home_else_nowhere(units: Database, take: Take) -> None:
    put(units, [placed("HOME", -1.30, 36.82), placed("THERE", -1.29, 36.80)])

    def nearest(unit: str) -> list[str]:
        document = ask(units, TO_UNIT.format("inc"), [10, unit])
        return [feature["properties"]["ticket_id"] for feature in document["features"]]

    assert nearest("van-1") == ["HOME", "THERE"]
    take(fix("van-1"))
    assert nearest("van-1") == ["THERE", "HOME"]
    for unit, why in {"van-2": "has neither a position nor a home", "van-x": "there is no unit 'van-x'"}.items():
        with pytest.raises(InvalidArgument, match=why):
            nearest(unit)


def test_units_come_by_distance_and_those_left_out_are_counted(units: Database, take: Take) -> None:
    put(units, [placed("T1", -1.29, 36.80), ticket("T2", cluster="Nowhere", location_name="")])
    units.execute("INSERT INTO tickets.units (unit, team) VALUES ('van-4', 'Field A')")
    take(fix("van-4", latitude=-1.291))
    document = ask(units, TO_TICKET.format("inc"), ["T1", 10])
    assert [(one["unit"], one["distance_m"], one["basis"]) for one in document["units"]] == [
        ("van-4", 111, "position"),
        ("van-1", 2486, "home"),
    ]
    assert (document["left_out"], document["state"]) == ({"off_duty": 1, "nowhere": 1}, "open")
    assert document["at"] == {"latitude": -1.29, "longitude": 36.8, "precision": "feed"}
    nowhere = ask(units, TO_TICKET.format("inc"), ["T2", 10])
    assert (nowhere["at"], nowhere["units"]) == (None, [])
    assert ask(units, TO_TICKET.format("inc"), ["T9", 10]) is None


def test_each_unit_tells_where_it_is_and_how_old_that_is(units: Database, take: Take) -> None:
    take(fix("van-1", accuracy_m=12.5))
    units.execute("UPDATE tickets.unit_positions SET at = now() - interval '10 minutes'")
    first, second, third = ask(units, UNITS)["units"]
    assert (first["basis"], first["age_seconds"], first["accuracy_m"]) == ("position", 600, 12.5)
    assert (first["latitude"], first["home_latitude"], first["source"]) == (-1.29, -1.3, "test")
    assert (second["basis"], second["latitude"], second["age_seconds"]) == (None, None, None)
    assert (third["basis"], third["latitude"], third["on_duty"]) == ("home", -1.31, False)
    assert "geog" not in first


@pytest.mark.parametrize(
    ("begin", "end", "on_duty"),
    [(-1, 1, True), (-1, None, True), (None, 1, True), (1, 2, False), (-2, -1, False), (None, 0, False)],
)
def test_a_unit_is_off_duty_outside_of_its_shift(
    units: Database, begin: int | None, end: int | None, on_duty: bool
) -> None:
    put(units, [placed("T1", -1.29, 36.80)])
    units.execute(
        "UPDATE tickets.units SET shift_begin = now() + %s::integer * interval '1 hour', "
        "shift_end = now() + %s::integer * interval '1 hour'",
        [begin, end],
    )
    assert [unit["on_duty"] for unit in ask(units, UNITS)["units"]] == [on_duty, on_duty, False]
    near_it = ask(units, TO_TICKET.format("inc"), ["T1", 10])
    assert [one["unit"] for one in near_it["units"]] == ["van-1"] * on_duty
    assert near_it["left_out"]["off_duty"] == (1 if on_duty else 3)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([91, 0, 5], "p_lat and p_lon are no point"),
        ([0, 181, 5], "p_lat and p_lon are no point"),
        ([float("nan"), 0, 5], "p_lat and p_lon are no point"),
        ([None, 0, 5], "p_lat and p_lon are no point"),
        ([0, 0, 0], "p_limit is not from 1 to 50"),
        ([0, 0, 51], "p_limit is not from 1 to 50"),
        ([0, 0, None], "p_limit is not from 1 to 50"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(db: Database, values: list[Any], why: str) -> None:
    with pytest.raises(InvalidArgument, match=why) as caught:
        ask(db, TO_POINT.format("inc"), values)
    assert caught.value.next_step.startswith("Pass ")
    with pytest.raises(DatabaseError):
        db.execute("SELECT reporting.fn_inc_nearest(91, 0)")
