"""Plans, holds and bursts by HTTP."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import httpx
import pytest

from fleetfeed.config.values import Hidden
from tests.kit import Bench, ticket
from tests.web.conftest import Serve
from tests.web.test_units import GPS, TOKENS

PLAN = "/api/v1/feeds/inc/dispatch"
HOLDS = "/api/v1/feeds/inc/holds"


@pytest.fixture
def fleet(bench: Bench) -> Bench:
    """Three open tickets, one of them without a place, and two units with homes."""
    bench.loaded(
        [
            ticket("INC1", latitude="-1.291", longitude="36.80", owner="=Amina"),
            ticket("INC2", latitude="-1.31", longitude="36.82", cluster="Embakasi"),
            ticket("INC3", cluster="", location_name=""),
        ]
    )
    bench.db.execute(
        "INSERT INTO tickets.units (unit, team, home_latitude, home_longitude) "
        "VALUES ('van-1', 'Field A', -1.31, 36.82), ('van-2', NULL, -1.29, 36.80)"
    )
    return bench


def plan(client: httpx.Client, **given: str) -> dict[str, Any]:
    response = client.get(PLAN, params=given)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    found: dict[str, Any] = response.json()
    return found


def pairs(document: dict[str, Any]) -> dict[str, str]:
    return {each["unit"]: each["ticket_id"] for each in document["assignments"]}


def hold(**given: str) -> dict[str, str]:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    return {"kind": "pin", "unit": "van-1", "ticket_id": "INC1", "until": until, "why": "knows the way"} | given


def test_a_plan_has_everyone_with_a_reason(client: httpx.Client, fleet: Bench) -> None:
    found = plan(client)
    assert pairs(found) == {"van-1": "INC2", "van-2": "INC1"}
    assert found["refused"] == [
        {"reason": "no place", "n": 1, "tickets": [{"ticket_id": "INC3", "cluster": None, "why": "not geocoded"}]}
    ]
    totals = found["totals"]
    assert (totals["open"], totals["assigned"], totals["refused"], totals["going"]) == (3, 2, 1, 2)
    assert found["distances"] == "straight line"
    assert found["caution"].startswith("The tickets are stale")  # the export is of another year
    assert found["assignments"][0]["ticket"]["cluster"] == "Embakasi"


def test_the_plan_of_a_unit_or_cluster_is_a_part_of_the_whole(client: httpx.Client, fleet: Bench) -> None:
    whole = plan(client)
    for name in ("van-1", "van-2"):
        part = plan(client, unit=name)
        assert part["assignments"] == [each for each in whole["assignments"] if each["unit"] == name]
        assert (part["refused"], part["totals"]["units"], part["part_of"]) == ([], 1, whole["totals"])
    here = plan(client, cluster="Embakasi")
    assert (pairs(here), here["totals"]["open"], here["totals"]["units"]) == ({"van-1": "INC2"}, 1, 1)
    assert plan(client, cluster="(none)")["refused"] == whole["refused"]
    assert len(plan(client, unit="van-1", per_unit="2")["assignments"]) == 1  # the other ticket is nearer to van-2


def test_a_plan_as_lines_and_as_places(client: httpx.Client, fleet: Bench) -> None:
    rows = client.get(f"{PLAN}.csv").text.splitlines()
    assert rows[0].startswith("plan_made_at,unit,team,stop,ticket_id")
    assert [row.split(",")[1:5] for row in rows[1:]] == [["van-1", "Field A", "1", "INC2"], ["van-2", "", "1", "INC1"]]
    assert all("The tickets are stale" in row for row in rows[1:])
    places = client.get(f"{PLAN}.geojson").json()
    assert places["caution"].startswith("The tickets are stale")
    features = places["features"]
    ways = [one for one in features if one["properties"]["what"] == "way"]
    assert {one["properties"]["label"] for one in ways} == {"straight line"}
    assert ways[0]["geometry"]["coordinates"] == [[36.82, -1.31], [36.82, -1.31]]
    assert {one["properties"]["unit"] for one in features if one["properties"]["what"] == "unit"} == {"van-1", "van-2"}


HIDDEN = get_args(get_args(get_args(Hidden)[0])[0])


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_properties_are_in_no_plan(serve: Serve, bench: Bench, name: str) -> None:
    near, far = {"latitude": "-1.29", "longitude": "36.80"}, {"latitude": "-1.31", "longitude": "36.82"}
    bench.loaded([ticket("INC1", **near, **{name: "canary"}), ticket("INC2", **far, **{name: "canaries"})])
    bench.db.execute(
        "INSERT INTO tickets.units (unit, skills, home_latitude, home_longitude) "
        "VALUES ('van-1', '{canary,no light}', -1.30, 36.80), ('van-2', '{power}', -1.29, 36.80)"
    )
    assert "canar" in serve().get(PLAN).text.lower()
    for path in (PLAN, f"{PLAN}.csv", f"{PLAN}.geojson"):
        assert "canar" not in serve(hide=[name]).get(path).text.lower()


def test_who_held_what_and_why_is_for_dispatchers(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, **TOKENS)
    for each in (hold(why="owes him"), hold(kind="not", ticket_id="INC2", why="owes him", unit="van-2")):
        assert client.post(HOLDS, json=each, headers=GPS).status_code == 201
    off = {"kind": "off", "until": hold()["until"], "unit": "van-1", "why": "owes him"}
    number = client.post(HOLDS, json=off, headers=GPS).json()["hold_id"]
    wall = {"Authorization": "Bearer token-of-the-wall"}
    for _ in range(2):  # with the unit off, then with the pin followed
        seen = client.get(PLAN, headers=GPS).text
        assert "owes him" in seen
        assert "api:gps" in seen
        for path in (PLAN, f"{PLAN}.csv", f"{PLAN}.geojson"):
            shown = client.get(path, headers=wall).text
            assert "owes him" not in shown
            assert "api:gps" not in shown
        assert client.get(PLAN, headers=wall).json()["holds"][0]["kind"] == "pin"
        client.delete(f"{HOLDS}/{number}", headers=GPS)


def test_a_hold_is_followed_shown_and_ended(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, **TOKENS)
    client.headers.update(GPS)
    made = client.post(HOLDS, json=hold())
    assert made.status_code == 201, made.text
    found = plan(client)
    assert pairs(found) == {"van-1": "INC1", "van-2": "INC2"}
    (shown,) = found["holds"]
    assert (shown["by"], shown["why"], shown["ticket_id"]) == ("api:gps", "knows the way", "INC1")
    number = made.json()["hold_id"]
    assert fleet.db.one("SELECT tickets.end_hold(%s, 'crq')", [number]) is False  # another feed's
    assert client.delete(f"{HOLDS}/{number}").status_code == 204
    assert client.delete(f"{HOLDS}/{number}").status_code == 404
    assert pairs(plan(client)) == {"van-1": "INC2", "van-2": "INC1"}


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"kind": "stay"}, "kind is 'stay'"),
        ({"until": "tomorrow"}, "until should be a time with an offset"),
        ({"until": "2020-01-01T00:00:00Z"}, "the end of a hold is not within a year from now"),
        ({"unit": "van-9"}, "there is no unit 'van-9'"),
        ({"ticket_id": "INC9"}, "there is no ticket 'INC9' in feed 'inc'"),
        ({"why": " "}, "a hold needs a reason"),
        ({"kind": "off"}, "a hold needs a unit and a ticket (pin, not), or either"),
        ({"note": "x"}, "an object with the members"),
    ],
)
def test_a_hold_that_cannot_be_is_refused(serve: Serve, fleet: Bench, given: dict[str, str], detail: str) -> None:
    client = serve(dispatch=True, **TOKENS)
    client.headers.update(GPS)
    refused = client.post(HOLDS, json=hold(**given))
    assert (refused.status_code, detail in refused.json()["detail"]) == (400, True)
    assert fleet.db.one("SELECT count(*) FROM tickets.dispatch_holds") == 0


def test_only_a_dispatcher_decides(serve: Serve, fleet: Bench) -> None:
    client = serve(dispatch=True, **TOKENS)
    wall = {"Authorization": "Bearer token-of-the-wall"}
    assert client.post(HOLDS, json=hold()).status_code == 401
    assert client.post(HOLDS, json=hold(), headers=wall).status_code == 403
    assert client.delete(f"{HOLDS}/1", headers=wall).status_code == 403
    assert client.post(HOLDS, json=hold(), headers=GPS | {"Origin": "https://evil.test"}).status_code == 403
    assert client.get(PLAN, headers=wall).status_code == 200


@pytest.mark.parametrize(
    ("given", "status", "detail"),
    [
        ({"unit": "van"}, 400, "There is no unit 'van'"),
        ({"cluster": "Embakas"}, 400, "No open ticket is in a cluster 'Embakas'; did you mean `Embakasi`?"),
        ({"per_unit": "0"}, 400, "per_unit is '0'"),
        ({"window": "7d"}, 400, "There is no parameter 'window'"),
    ],
)
def test_a_plan_that_cannot_be_says_why(
    client: httpx.Client, fleet: Bench, given: dict[str, str], status: int, detail: str
) -> None:
    response = client.get(PLAN, params=given)
    assert (response.status_code, detail in response.json()["detail"]) == (status, True)


def test_a_server_without_scipy_is_not_ready_for_plans(
    client: httpx.Client, fleet: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)  # as where it is not installed
    response = client.get(PLAN)
    assert (response.status_code, ".[dispatch]" in response.json()["hint"]) == (503, True)


def test_the_routes_need_nothing_that_the_extra_installs() -> None:
    blocked = "import sys; sys.modules.update(numpy=None, scipy=None); import fleetfeed.web.dispatch"
    assert subprocess.run([sys.executable, "-c", blocked], check=False).returncode == 0


def test_without_units_or_tickets_there_is_an_empty_plan(client: httpx.Client, bench: Bench) -> None:
    found = plan(client)
    assert (found["assignments"], found["totals"]["units"], found["totals"]["open"]) == ([], 0, 0)
    assert client.get("/api/v1/feeds/inc/bursts").json()["bursts"] == []
