"""Units by HTTP: where they are, what is nearest, and who may send positions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from fleetfeed.database import Database
from tests.kit import Bench, ticket
from tests.web.conftest import Serve

PUT = "/api/v1/units/positions"
TOKENS = {
    "auth": "token",
    "tokens": {"gps": {"secret": "token-of-trackers", "role": "dispatcher"}, "wall": {"secret": "token-of-the-wall"}},
}
GPS = {"Authorization": "Bearer token-of-trackers"}


def fix(unit: str = "van-1", **members: Any) -> dict[str, Any]:
    return {"unit": unit, "latitude": -1.29, "longitude": 36.8, "at": "2026-11-20T08:00:00+03:00"} | members


@pytest.fixture
def fleet(bench: Bench) -> Bench:
    """Two open tickets with places, and three units."""
    bench.loaded(
        [
            ticket("INC/1", latitude="-1.291", longitude="36.80", owner="Amina"),
            ticket("INC2", latitude="-1.31", longitude="36.82"),
            ticket("INC3", cluster="", location_name=""),
        ]
    )
    bench.db.execute(
        "INSERT INTO tickets.units (unit, home_latitude, home_longitude) "
        "VALUES ('van-1', -1.31, 36.82), ('van-2', NULL, NULL), ('van-3', -1.40, 36.90)"
    )
    return bench


def near(response: httpx.Response) -> list[tuple[str, int]]:
    assert response.status_code == 200, response.text
    found = [feature["properties"] for feature in response.json()["features"]]
    return [(one["ticket_id"], one["distance_m"]) for one in found]


def test_tickets_near_a_point_and_a_unit(client: httpx.Client, fleet: Bench) -> None:
    path = "/api/v1/feeds/inc/nearest"
    response = client.get(path, params={"lat": "-1.29", "lon": "36.80"})
    assert near(response) == [("INC/1", 111), ("INC2", 3145)]
    assert (response.json()["distance"], response.headers["content-type"]) == ("straight line", "application/geo+json")
    assert near(client.get(path, params={"lat": "-1.29", "lon": "36.80", "limit": "1"})) == [("INC/1", 111)]
    assert near(client.get(path, params={"unit": "van-1", "limit": "1"})) == [("INC2", 0)]


def test_units_near_a_ticket(client: httpx.Client, fleet: Bench) -> None:
    path = "/api/v1/feeds/inc/nearest-units"
    found = client.get(path, params={"ticket": "INC/1"}).json()
    assert [(unit["unit"], unit["distance_m"]) for unit in found["units"]] == [("van-1", 3067), ("van-3", 16446)]
    assert found["left_out"] == {"off_duty": 0, "nowhere": 1}
    assert client.get(path, params={"ticket": "INC3"}).json()["at"] is None
    assert client.get(path, params={"ticket": "INC9"}).status_code == 404


def test_all_units_are_listed_and_none_is_no_error(client: httpx.Client, db: Database) -> None:
    assert client.get("/api/v1/units").json()["units"] == []
    db.execute("INSERT INTO tickets.units (unit) VALUES ('van-1')")
    assert [unit["unit"] for unit in client.get("/api/v1/units").json()["units"]] == ["van-1"]
    assert client.get("/api/v1").json()["units"] == {"units": "api/v1/units", "position_max_age_seconds": 900.0}


def test_a_new_position_shows_at_once_and_nothing_is_kept(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, tick="1d")
    for path in (
        "/api/v1/units",
        "/api/v1/feeds/inc/nearest?unit=van-1",
        "/api/v1/feeds/inc/nearest-units?ticket=INC2",
    ):
        fleet.db.execute("DELETE FROM tickets.unit_positions")
        before = client.get(path)
        assert (before.headers["cache-control"], "etag" in before.headers) == ("no-store", False)
        assert client.put(PUT, json=[fix()]).json()["taken"] == 1
        assert client.get(path).json() | {"generated_at": 0} != before.json() | {"generated_at": 0}


def test_hidden_properties_are_hidden_here_too(serve: Serve, fleet: Bench) -> None:
    response = serve(hide=["owner"]).get("/api/v1/feeds/inc/nearest", params={"lat": "-1.29", "lon": "36.80"})
    assert "Amina" not in response.text
    assert near(response)[0] == ("INC/1", 111)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("", "Near what is not clear."),
        ("lat=-1.29", "Near what is not clear."),
        ("lat=-1.29&lon=36.8&unit=van-1", "Near what is not clear."),
        ("lat=x&lon=36.8", "lat and lon are 'x' and '36.8', but should be decimal degrees."),
        ("lat=136.8&lon=-1.29", "lat and lon are '136.8' and '-1.29', but should be"),
        ("lat=-1.29&lon=36.8&limit=0", "limit is '0', but should be a whole number from 1 to 50."),
        ("lat=-1.29&lon=36.8&limit=51", "limit is '51', but should be a whole number from 1 to 50."),
        ("unit=van-9", "there is no unit 'van-9'"),
        ("unit=van-2", "unit 'van-2' has neither a position nor a home"),
        ("latt=1", "There is no parameter 'latt' here; did you mean `lat`?"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: httpx.Client, fleet: Bench, query: str, why: str) -> None:
    response = client.get(f"/api/v1/feeds/inc/nearest?{query}")
    assert response.status_code == 400
    assert why in response.json()["detail"]
    assert response.json()["hint"]


def test_what_became_of_each_position_is_returned(serve: Serve, fleet: Bench) -> None:
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    sent = [fix(accuracy_m=4), fix("van-2", at=future), fix("van-3", latitude=36.8, longitude=-1.29), fix("van-9")]
    sent += [fix("van-4", latitude=0, longitude=0), fix("van-5", latitude=91)]
    fleet.db.execute("INSERT INTO tickets.units (unit) VALUES ('van-4'), ('van-5')")
    client = serve(dispatch=True)
    response = client.put(PUT, json=sent)
    assert (response.status_code, response.json()) == (
        200,
        {
            "schema_version": 1,
            "taken": 1,
            "positions": [
                {"unit": "van-1", "outcome": "taken"},
                {"unit": "van-2", "outcome": "future"},
                {"unit": "van-3", "outcome": "outside"},
                {"unit": "van-9", "outcome": "unknown unit"},
                {"unit": "van-4", "outcome": "outside"},
                {"unit": "van-5", "outcome": "outside"},
            ],
        },
    )
    assert client.put(PUT, json=[fix()]).json()["positions"] == [{"unit": "van-1", "outcome": "older"}]
    assert fleet.rows("unit, source", "tickets.unit_positions") == [{"unit": "van-1", "source": "api:everybody"}]
    assert client.put(PUT, json=[]).json()["positions"] == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "cannot be read as JSON"),
        (b"[" * 100_000, "cannot be read as JSON"),
        (b'{"unit": "van-1"}', "no list of objects"),
        (b"[1]", "no list of objects"),
        (json.dumps([fix(latitude="x")]).encode(), "position 0, latitude: 'x' is no number of decimal degrees"),
        (
            json.dumps([fix(), fix("van-2", at="2026-11-20 08:00")]).encode(),
            "position 1, at: '2026-11-20 08:00' has no",
        ),
        (json.dumps([fix(at=1_700_000_000)]).encode(), "position 0, at: 1700000000 is no time"),
        (json.dumps([fix(), fix()]).encode(), "position 1, unit: 'van-1' is repeated: position 0 has it already"),
        (json.dumps([fix(latitde=1)]).encode(), "has a member 'latitde'; did you mean `latitude`?"),
        (b'[{"unit": "a\\u0000b", "latitude": 1, "longitude": 1, "at": "2026-11-20T08:00:00Z"}]', "position 0, unit: "),
        (b'[{"unit": "v", "latitude": NaN, "longitude": 1, "at": "2026-11-20T08:00:00Z"}]', "position 0, latitude: "),
        (json.dumps([fix(str(number)) for number in range(1001)]).encode(), "The list has 1,001 positions."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_list_with_a_fault_is_refused_as_a_whole(serve: Serve, fleet: Bench, body: bytes, why: str) -> None:
    response = serve(dispatch=True).put(PUT, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, why in response.json()["detail"]) == (400, True), response.text
    assert fleet.rows("*", "tickets.unit_positions") == []


def test_a_body_that_is_too_long_or_of_another_type_is_refused(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True)
    large = client.put(PUT, content=b" " * 262_145, headers={"Content-Type": "application/json"})
    form = client.put(PUT, data={"unit": "van-1"})
    bare = client.put(PUT, content=json.dumps([fix()]))
    assert [one.status_code for one in (large, form, bare)] == [413, 415, 415]


def test_a_feeders_token_sends_positions_and_nothing_else(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, auth="token", tokens={"van": {"secret": "token-of-a-van", "role": "feeder"}})
    client.headers = {"Authorization": "Bearer token-of-a-van"}
    assert client.put(PUT, json=[fix()]).json()["taken"] == 1
    hold = {"kind": "off", "unit": "van-1", "until": "2036-11-30T18:00:00+03:00", "why": "in the garage"}
    assert client.post("/api/v1/feeds/inc/holds", json=hold).status_code == 403
    assert client.post("/login", data={"token": "token-of-a-van"}).status_code == 403
    for path in ("/api/v1", "/api/v1/units", "/api/v1/feeds/inc/tickets.geojson", "/api/v1/feeds/inc/dispatch"):
        refused = client.get(path)
        assert (refused.status_code, refused.json()["detail"].split(".")[0]) == (
            403,
            "This token may only send positions",
        )


def test_only_a_dispatchers_token_may_send(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, **TOKENS)
    assert client.put(PUT, json=[fix()]).status_code == 401
    assert client.put(PUT, json=[fix()], headers={"Authorization": "Bearer token-of-the-wall"}).status_code == 403
    assert client.put(PUT, json=[fix()], headers=GPS).json()["taken"] == 1
    assert fleet.rows("source", "tickets.unit_positions") == [{"source": "api:gps"}]


def test_a_user_that_a_proxy_names_may_not_send(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, auth="proxy", trusted_proxies=["127.0.0.1"])
    response = client.put(PUT, json=[fix()], headers={"X-Forwarded-User": "amina"})
    assert response.status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_without_auth_only_this_machine_itself_may_send(serve: Serve, fleet: Bench, header: str) -> None:
    client = serve(dispatch=True)
    assert client.put(PUT, json=[fix()], headers={header: "for=203.0.113.7"}).status_code == 403
    assert client.put(PUT, json=[fix()]).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://wall.example.org"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_no_page_of_another_origin_may_send(serve: Serve, fleet: Bench, headers: dict[str, str]) -> None:
    client = serve(dispatch=True, allow_origins=["https://wall.example.org"], **TOKENS)
    assert client.put(PUT, json=[fix()], headers=GPS | headers).status_code == 403
    asked = client.options(PUT, headers={"Origin": "https://wall.example.org", "Access-Control-Request-Method": "PUT"})
    assert asked.headers["access-control-allow-methods"] == "GET"
    own = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert client.put(PUT, json=[fix()], headers=GPS | own).status_code == 200


def test_a_server_without_a_login_that_writes_takes_none(client: httpx.Client, fleet: Bench) -> None:
    refused = client.put(PUT, json=[fix()])
    assert (refused.status_code, refused.json()["detail"]) == (403, "This server takes no positions and no holds.")
    assert "FLEETFEED_SERVE__DISPATCHER_URL" in refused.json()["hint"]


def test_other_methods_are_refused_with_those_that_work(client: httpx.Client, fleet: Bench) -> None:
    read = client.get(PUT)
    assert (read.status_code, read.headers["allow"], read.json()["hint"]) == (405, "PUT", "Use PUT.")
    assert client.put("/api/v1/units", json=[]).json()["hint"] == "Use GET or HEAD."


def test_without_a_database_sending_and_asking_are_503(serve: Serve) -> None:
    client = serve("postgresql://nobody:hunter2@127.0.0.1:9/none", dispatch=True)
    for response in (client.put(PUT, json=[fix()]), client.get("/api/v1/units")):
        assert response.status_code == 503
        assert "hunter2" not in response.text
