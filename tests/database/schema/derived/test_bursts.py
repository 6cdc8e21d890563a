"""Tickets that lie together are found where that is unusual; noise, usual places and coarse places are not."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from fleetfeed.errors import DatabaseError
from fleetfeed.geo import Point
from tests.kit import START, Bench, ticket

_KM = 1 / 111.195  # degrees
NEWEST = START + timedelta(hours=1)


def at(key: str, hours_ago: float, east_km: float, north_km: float = 0.0, **cells: str) -> dict[str, str]:
    """Return a ticket with coordinates, opened so long before the export."""
    local = (NEWEST + timedelta(hours=3) - timedelta(hours=hours_ago)).strftime("%Y-%m-%d %H:%M:%S")
    place = {"latitude": f"{-1.29 + north_km * _KM:.6f}", "longitude": f"{36.8 + east_km * _KM:.6f}"}
    return ticket(key, created_at_service=local, source_updated_at=local, **place, **cells)


def bursts(bench: Bench, **given: Any) -> dict[str, Any]:
    names = ", ".join(f"p_{name} => %s" for name in given)
    found: dict[str, Any] = bench.db.one(f"SELECT reporting.fn_inc_bursts({names})", list(given.values()))
    return found


def planted(seed: int) -> list[dict[str, str]]:
    """Return eight tickets within 300 m in three hours, and noise: far apart, or long ago."""
    chance = random.Random(seed)
    burst = [at(f"B{n}", 0.1 + n * 0.3, 5 + chance.uniform(-0.15, 0.15), chance.uniform(-0.15, 0.15)) for n in range(8)]
    apart = [at(f"N{n}", chance.uniform(0.1, 5), -20 + 3 * n, chance.uniform(-0.5, 0.5)) for n in range(12)]
    before = [at(f"O{n}", chance.uniform(24, 600), chance.uniform(-20, 20), chance.uniform(-9, 9)) for n in range(40)]
    return [at("NEWEST", 0, 60), *burst, *apart, *before]


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_burst_is_found_and_noise_is_not(bench: Bench, seed: int) -> None:
    bench.loaded(planted(seed))
    (found,) = bursts(bench)["bursts"]
    assert (found["burst"], found["n"], sorted(found["ticket_ids"])) == ("B7", 8, [f"B{n}" for n in range(8)])
    assert found["longitude"] == pytest.approx(36.8 + 5 * _KM, abs=0.003)
    since = datetime.fromisoformat(found["first_at"]).strftime("%-d %b %H:%M")
    assert re.match(rf"8 tickets within \d+ m since {since}, ", found["text"])
    assert found["text"].endswith("probably one cause")


def test_the_ring_of_a_burst_contains_all_of_its_tickets(bench: Bench) -> None:
    east = {"A": 5.4, "B": 5.8} | {f"C{n}": 5 + n / 1000 for n in range(9)}  # most of them at one end
    bench.loaded([at("NEWEST", 0, 60), at("NORTH", 1, 5, 700), *(at(key, 1, km) for key, km in east.items())])
    (found,) = bursts(bench)["bursts"]
    middle = Point(found["latitude"], found["longitude"])
    away = {key: middle.km_to(Point(-1.29, 36.8 + km * _KM)) * 1000 for key, km in east.items()}

    assert sorted(found["ticket_ids"]) == sorted(east)
    assert max(away.values()) <= found["radius_m"] == pytest.approx(400, abs=2)


def test_what_is_usual_there_is_no_burst(bench: Bench) -> None:
    usual = [at(f"U{n}", 10 + n, 5, closed_at="", normalized_status="closed") for n in range(600)]
    bench.loaded([*planted(0), *usual])
    assert bursts(bench)["bursts"] == []
    assert [each["n"] for each in bursts(bench, times_usual=1.0)["bursts"]] == [8]


def test_where_places_are_too_coarse_it_says_so(bench: Bench) -> None:
    bench.db.execute(
        "INSERT INTO tickets.geo_clusters (cluster, geom, status) "
        "VALUES ('Kilimani', public.st_setsrid(public.st_makepoint(36.78, -1.29), 4326), 'manual')"
    )
    coarse = [{**at(f"C{n}", 0.5, 0), "latitude": "", "longitude": ""} for n in range(9)]
    bench.loaded([at("NEWEST", 0, 60), *coarse])
    found = bursts(bench)
    assert (found["bursts"], found["off"]) == (
        [],
        "places are too coarse: 1 of 10 recent tickets have a place of their own",
    )


@pytest.mark.parametrize(("precision", "found"), [("street", 1), ("neighbourhood", 0), ("borough", 0), (None, 0)])
def test_tickets_of_one_borough_do_not_lie_together(bench: Bench, precision: str | None, found: int) -> None:
    bench.db.execute(
        "INSERT INTO tickets.geo_locations (cluster, location_key, geom, status, precision) VALUES "
        "('Kilimani', 'Moi Avenue', public.st_setsrid(public.st_makepoint(36.7, -1.29), 4326), 'ok', %s)",
        [precision],
    )
    located = [{**at(f"L{n}", 0.5, 0, location_name="Moi Avenue"), "latitude": "", "longitude": ""} for n in range(8)]
    bench.loaded([at("NEWEST", 0, 60), *(at(f"A{n}", 1, 9 + 3 * n) for n in range(8)), *located])
    assert bench.db.one("SELECT count(*) FROM tickets.inc WHERE geo_source = 'location'") == 8
    assert [each["n"] for each in bursts(bench)["bursts"]] == [8] * found
    assert bursts(bench)["off"] is None


def test_without_tickets_there_is_nothing(bench: Bench) -> None:
    assert (bursts(bench)["bursts"], bursts(bench)["off"]) == ([], None)


@pytest.mark.parametrize(
    "given", [{"hours": 0}, {"radius_m": -1.0}, {"min_tickets": 1}, {"times_usual": None}, {"radius_m": float("nan")}]
)
def test_a_threshold_out_of_range_is_refused(bench: Bench, given: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="a threshold is out of range"):
        bursts(bench, **given)


def test_the_newest_time_of_the_export_counts_and_not_the_clock(bench: Bench) -> None:
    bench.loaded(planted(1))
    found = bursts(bench)
    assert datetime.fromisoformat(found["data_as_of"]) == NEWEST
    assert datetime.fromisoformat(found["since"]) == NEWEST - timedelta(hours=6)
