"""Where a ticket lies: its own coordinates, its location's, its cluster's."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from tests.kit import Bench, ticket

PLACE = ticket("")["location_name"]


def test_coordinates_inside_the_country_are_the_place(bench: Bench) -> None:
    report = bench.loaded([ticket("T1", latitude="-1.2921", longitude="36.7856")])

    found = bench.one(
        "T1",
        "public.ST_AsText(geom) AS geom, public.ST_AsText(geog) AS geog, "
        "latitude, longitude, geo_source, geo_precision",
    )
    assert found["geom"] == found["geog"] == "POINT(36.7856 -1.2921)"
    assert (found["latitude"], found["longitude"]) == (-1.2921, 36.7856)
    assert (found["geo_source"], found["geo_precision"]) == ("feed", "feed")
    assert report.changes.unreadable == {}


@pytest.mark.parametrize(
    ("latitude", "longitude", "counted"),
    [
        ("36.7856", "-1.2921", {"latitude": 1, "longitude": 1}),  # swapped
        ("51.5", "-0.12", {"latitude": 1, "longitude": 1}),  # London
        ("0", "0", {"latitude": 1, "longitude": 1}),
        ("-1,2921", "36.7856", {"latitude": 1, "longitude": 1}),
        ("NaN", "36.7856", {"latitude": 1, "longitude": 1}),
        ("-1.2921", "", {"latitude": 1}),
    ],
)
def test_coordinates_that_are_not_believed_stay_in_raw_and_are_counted(
    bench: Bench, latitude: str, longitude: str, counted: dict[str, int]
) -> None:
    _cluster(bench.db)
    report = bench.loaded([ticket("T1", latitude=latitude, longitude=longitude)])

    found = bench.one("T1", "raw, latitude, longitude, geo_source, geo_precision")
    assert found["raw"]["latitude"] == latitude
    assert found["raw"].get("longitude", "") == longitude
    assert (found["geo_source"], found["geo_precision"]) == ("cluster", "cluster")
    assert (found["latitude"], found["longitude"]) == (-1.29, 36.78)
    assert report.changes.unreadable == counted


def test_a_location_wins_over_its_cluster_and_the_feed_over_both(bench: Bench) -> None:
    _cluster(bench.db)
    _location(bench.db, "Kilimani", PLACE)
    bench.loaded(
        [
            ticket("feed", latitude="-1.5", longitude="37"),
            ticket("location"),
            ticket("cluster", location_name="elsewhere"),
            ticket("other cluster, same location", cluster="Westlands"),
            ticket("none", cluster="Lodwar"),
        ]
    )

    found = {row["ticket_id"]: (row["geo_source"], row["geo_precision"], row["latitude"]) for row in bench.rows()}
    assert found == {
        "feed": ("feed", "feed", -1.5),
        "location": ("location", "venue", -1.3),
        "cluster": ("cluster", "cluster", -1.29),
        "other cluster, same location": (None, None, None),
        "none": (None, None, None),
    }


def test_a_location_is_found_whatever_its_spaces_and_letter_forms_are(bench: Bench) -> None:
    _location(bench.db, "Kilimani", "Moi Avenue 3")
    bench.loaded([ticket("T1", location_name="  Moi\u00a0 Avenue \u200b\uff13 ")])

    assert bench.one("T1", "location_key, geo_source") == {"location_key": "Moi Avenue 3", "geo_source": "location"}


@pytest.mark.parametrize(
    ("status", "source"), [("ok", "cluster"), ("manual", "cluster"), ("not_found", None), ("rejected", None)]
)
def test_only_a_place_that_was_found_counts(bench: Bench, status: str, source: str | None) -> None:
    _cluster(bench.db, status)
    bench.loaded([ticket("T1")])

    assert bench.one("T1", "geo_source") == {"geo_source": source}


def test_the_trigger_resolves_the_place_for_any_writer(bench: Bench) -> None:
    _cluster(bench.db)
    bench.db.execute("""INSERT INTO tickets.inc (ticket_id, raw) VALUES ('X', '{"cluster": "Kilimani"}')""")
    bench.db.execute("UPDATE tickets.inc SET geom = NULL")

    assert bench.one("X", "geo_source, latitude") == {"geo_source": "cluster", "latitude": -1.29}


def test_a_ticket_that_loses_its_coordinates_falls_back(bench: Bench) -> None:
    _cluster(bench.db)
    bench.loaded([ticket("T1", latitude="-1.5", longitude="37")])
    bench.loaded([ticket("T1")])

    assert bench.one("T1", "geo_source, latitude") == {"geo_source": "cluster", "latitude": -1.29}


def _cluster(db: Database, status: str = "ok") -> None:
    db.execute(
        "INSERT INTO tickets.geo_clusters (cluster, geom, status, precision) "
        "VALUES ('Kilimani', public.ST_SetSRID(public.ST_MakePoint(36.78, -1.29), 4326), %s, 'suburb')",
        [status],
    )


def _location(db: Database, cluster: str, key: str) -> None:
    db.execute(
        "INSERT INTO tickets.geo_locations (cluster, location_key, geom, status, precision) "
        "VALUES (%s, %s, public.ST_SetSRID(public.ST_MakePoint(36.8, -1.3), 4326), 'ok', 'venue')",
        [cluster, key],
    )
