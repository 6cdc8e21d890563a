"""The documents that other programs read, against the schemas that ship with the project, and RFC 7946."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from fleetfeed.database import Database
from tests.database.schema.derived.kit import dashboard, done, keys, on_map, put
from tests.database.schema.derived.payloads import DASHBOARD, MAP, moments, not_geojson, wrong
from tests.kit import Bench, ticket

PROPERTIES = [
    *("ticket_id", "status", "raw_status", "bucket", "cluster", "region", "location_name", "assigned_team", "owner"),
    *("is_actionable", "created_at", "age_minutes", "sla_state", "closed_at", "mttr_minutes", "geo_source"),
    "geo_precision",
]
HERE = {"latitude": "-1.28333333333", "longitude": "36.81666666666"}


def test_documents_of_a_load_are_valid(bench: Bench) -> None:
    bench.loaded(
        [
            ticket("T1", **HERE),
            ticket("T2", cluster="", created_at_service="", first_seen_at=""),
            done("T3", mttr="90", **HERE),
            done("T4", ""),
            ticket("T5", normalized_status="", owner="\"\\' 🚒 <b>"),
        ]
    )
    page, seen = dashboard(bench.db, p_window="90d"), on_map(bench.db)

    assert (wrong(DASHBOARD, page), wrong(MAP, seen)) == ([], [])
    assert {moment.utcoffset() for moment in moments([page, seen])} == {timedelta(hours=3)}
    features = [*page["open"]["features"], *page["closed"]["features"], *seen["features"]]
    assert [list(feature["properties"]) for feature in features] == [PROPERTIES] * 9
    assert page["counts"]["by_precision"] == {"feed": 2}
    assert (page["counts"]["open_unmapped"], page["counts"]["closed_mapped"]) == (2, 1)


def test_a_feature_holds_the_ticket_and_its_place_to_six_decimals(db: Database) -> None:
    put(db, [ticket("T1", mttr="7", owner="Amina", **HERE), ticket("T2")])
    found = {feature["properties"]["ticket_id"]: feature for feature in dashboard(db)["open"]["features"]}

    assert found["T1"]["geometry"] == {"type": "Point", "coordinates": [36.816667, -1.283333]}
    assert found["T2"]["geometry"] is None
    properties = found["T1"]["properties"]
    assert properties.pop("age_minutes") > 0
    assert properties == {
        "ticket_id": "T1",
        "status": "open",
        "raw_status": "Open",
        "bucket": "no light",
        "cluster": "Kilimani",
        "region": "Nairobi West",
        "location_name": "Moi Avenue, Kilimani [OLT-07/GPON 3]",
        "assigned_team": "Field A",
        "owner": "Amina",
        "is_actionable": True,
        "created_at": "2026-11-18T08:00:00+03:00",
        "sla_state": "overdue",
        "closed_at": None,
        "mttr_minutes": 7,
        "geo_source": "feed",
        "geo_precision": "feed",
    }


def test_with_no_tickets_at_all_everything_is_there_and_empty(db: Database) -> None:
    page, seen = dashboard(db), on_map(db)

    assert (wrong(DASHBOARD, page), wrong(MAP, seen)) == ([], [])
    assert page["open"]["features"] == page["closed"]["features"] == seen["features"] == []
    assert page["metrics"]["by_cluster"] == page["metrics"]["by_team"] == []
    assert page["metrics"]["backlog"] == {"total": 0, "actionable": 0, "overdue": 0, "unassigned": 0}
    assert {row["backlog"] for row in page["metrics"]["flow"]} == {None}
    assert (page["data_as_of"], page["freshness"]["state"], page["freshness"]["content_lag_minutes"]) == (
        None,
        "unknown",
        None,
    )
    assert seen["summary"] | {"freshness": None} == {
        **dict.fromkeys(("total", "mapped", "unmapped", "open_absent", "truncated"), 0),
        "by_status": {},
        "by_cluster": {},
        "freshness": None,
    }


def test_5000_open_and_2000_closed_tickets_are_shown_the_rest_counted(db: Database) -> None:
    many = (
        "INSERT INTO tickets.inc (ticket_id, raw) SELECT %s || n, jsonb_build_object('normalized_status', %s::text, "
        "%s::text, to_char(now() AT TIME ZONE 'Africa/Nairobi' - n * interval '1 min', 'YYYY-MM-DD HH24:MI:SS')) "
        "FROM generate_series(1, %s) AS n"
    )
    with db.transaction(keep=False):
        db.execute(many, ["O", "open", "created_at_service", 5003])
        db.execute(many, ["C", "closed", "closed_at", 2002])
        page, seen = dashboard(db), on_map(db)
        few = on_map(db, p_limit=0)

    assert keys(page["open"]) == [f"O{n}" for n in range(1, 5001)]
    assert keys(page["closed"]) == [f"C{n}" for n in range(1, 2001)]
    counts = page["counts"]
    assert [counts[name] for name in ("open", "closed", "open_truncated", "closed_truncated")] == [5003, 2002, 3, 2]
    assert (page["metrics"]["backlog"]["total"], seen["summary"]["total"]) == (5003, 7005)
    assert (len(seen["features"]), seen["summary"]["truncated"]) == (5000, 2005)
    assert (few["features"], few["summary"]["truncated"]) == ([], 7005)


def test_2500_open_tickets_take_1_6_megabytes_and_150_kilobytes_compressed(db: Database) -> None:
    with db.transaction(keep=False):
        db.execute(
            "INSERT INTO tickets.inc (ticket_id, raw) SELECT 'INC' || (4711000 + n * 7), jsonb_build_object("
            "'normalized_status', 'open', 'raw_status', 'IN PROGRESS', 'bucket', 'no light', 'is_actionable', 'true', "
            "'cluster', 'Cluster ' || n % 97, 'region', 'nairobi west', 'assigned_team', 'Field ' || n % 12, "
            "'location_name', 'Moi Avenue ' || n || ', Kilimani [OLT-07/GPON ' || n % 16 || ']', 'owner', 'A. Njeri', "
            "'latitude', -1.2 - random() / 10, 'longitude', 36.8 + random() / 10, "
            "'created_at_service', to_char(now() - n * random() * interval '7 min', 'YYYY-MM-DD HH24:MI:SS')) "
            "FROM generate_series(1, 2500) AS n"
        )
        text = db.one("SELECT reporting.fn_inc_dashboard()::text").encode()

    assert json.loads(text)["counts"]["open_mapped"] == 2500
    assert len(text) <= 1.6e6
    assert len(gzip.compress(text, 6)) <= 150e3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: page.pop("freshness"),
        lambda page: page["counts"].update(open=-1),
        lambda page: page["open"]["features"][0].update(geometry={"type": None}),
        lambda page: page["open"]["features"][0]["geometry"].update(coordinates=[-1.2, 36.8, 0]),
        lambda page: page["open"]["features"][0]["properties"].update(phone="+254"),
        lambda page: page["metrics"].update(by_team=None),
    ],
)
def test_the_schema_finds_what_is_wrong(db: Database, spoil: Any) -> None:
    put(db, [ticket("T1", **HERE)])
    page = dashboard(db)
    spoil(page)

    assert list(DASHBOARD.iter_errors(page)) != []


def test_the_check_of_geojson_finds_what_is_wrong() -> None:
    point = {"type": "Point", "coordinates": [36.8166667, -1.2]}
    feature = {"type": "Feature", "geometry": point, "properties": {}, "crs": {}}

    assert len(not_geojson({"type": "FeatureCollection", "features": [feature], "crs": {}})) == 3
