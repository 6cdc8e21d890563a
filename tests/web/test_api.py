"""Each route, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from fleetfeed.web.questions import GEOJSON
from tests.kit import Bench, ticket
from tests.web.conftest import Serve

DASHBOARD = "/api/v1/feeds/inc/dashboard"
TICKETS = "/api/v1/feeds/inc/tickets.geojson"
CSV = "/api/v1/feeds/inc/tickets.csv"
OPEN = "/api/v1/feeds/inc/open.csv"
TEAMS = "/api/v1/feeds/inc/teams"
LIFE = "/api/v1/feeds/inc/tickets/"


def problem(client: httpx.Client, path: str) -> tuple[int, str, str]:
    response = client.get(path)
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    return body["status"], body["detail"], body["hint"]


def test_the_first_document_names_feeds_that_have_tables(client: httpx.Client, loaded: Bench) -> None:
    found = client.get("/api/v1").json()

    assert [one["feed"] for one in found["feeds"]] == ["inc"]
    assert client.get(f"/{found['feeds'][0]['dashboard']}").status_code == 200
    assert (found["timezone"], found["me"]) == ("Africa/Nairobi", {"name": "everybody", "auth": "none"})


def test_the_dashboard_is_what_the_function_returns(client: httpx.Client, loaded: Bench) -> None:
    response = client.get(DASHBOARD, params={"window": "30d", "cluster": "Kilimani", "status": "open"})
    document = response.json()

    assert response.headers["content-type"] == "application/json"
    direct = loaded.db.one("SELECT reporting.fn_inc_dashboard('Kilimani', 'open', '30d')")
    assert _untimed(document) == _untimed(direct)
    assert [one["properties"]["ticket_id"] for one in document["open"]["features"]] == ["INC1"]


def _untimed(document: Any) -> Any:
    """Remove what each second changes."""
    text = json.dumps(document)
    left = json.loads(text)
    for name in ("generated_at", "filters", "freshness"):
        del left[name]
    for feature in left["open"]["features"]:
        del feature["properties"]["age_minutes"]
    return left


def test_tickets_come_as_geojson_up_to_a_limit(client: httpx.Client, loaded: Bench) -> None:
    response = client.get(TICKETS, params={"limit": 1})

    assert response.headers["content-type"] == GEOJSON
    assert (len(response.json()["features"]), response.json()["summary"]["truncated"]) == (1, 2)


def test_a_csv_has_the_tickets_and_no_formula(client: httpx.Client, bench: Bench) -> None:
    bench.loaded([ticket("INC1", owner="=1+1"), ticket("INC2", normalized_status="closed")])
    response = client.get(OPEN)
    rows = list(csv.DictReader(io.StringIO(response.text)))

    assert response.headers["content-disposition"].startswith('attachment; filename="inc-2')
    assert [(row["ticket_id"], row["owner"], row["is_actionable"]) for row in rows] == [("INC1", "'=1+1", "true")]


def test_open_tickets_as_csv_are_those_of_the_dashboard(client: httpx.Client, bench: Bench) -> None:
    newer = {"normalized_status": "closed", "created_at_service": "2026-11-19 08:00:00"}
    bench.loaded([ticket("INC1"), ticket("INC2"), *(ticket(f"INC{number}", **newer) for number in range(3, 9))])
    bench.loaded([ticket("INC1"), *(ticket(f"INC{number}", **newer) for number in range(3, 9))])  # INC2 is absent

    rows = csv.DictReader(io.StringIO(client.get(OPEN).text))
    assert [row["ticket_id"] for row in rows] == ["INC1"]
    assert len(client.get(CSV, params={"limit": 3}).text.splitlines()) == 4


def test_the_teams_are_what_the_function_returns(client: httpx.Client, bench: Bench) -> None:
    bench.loaded([ticket("INC1", assigned_team="=A"), ticket("INC2", cluster="Ruiru")])
    closed = {"normalized_status": "closed", "closed_at": "2026-11-19 09:00:00"}
    bench.loaded([ticket("INC1", assigned_team="=A", **closed), ticket("INC2", cluster="Ruiru", **closed)])
    asked = {
        "cluster": "Kilimani",
        "window": "custom",
        "from": "2026-11-19T00:00+03:00",
        "to": "2026-11-20T00:00+03:00",
    }
    found = client.get(TEAMS, params=asked).json()
    sql = "SELECT reporting.fn_inc_teams('Kilimani', 'custom', '2026-11-19 00:00+03', '2026-11-20 00:00+03')"
    direct = bench.db.one(sql)

    assert found["totals"]["closed"] == 1
    assert {**found, "generated_at": "", "freshness": ""} == {**direct, "generated_at": "", "freshness": ""}
    (line,) = csv.DictReader(io.StringIO(client.get(f"{TEAMS}.csv", params=asked).text))
    assert (line["team"], line["desk"], line["closed_as_worker"], line["lasted_pct"]) == ("'=A", "false", "1", "")


def test_a_ticket_comes_with_its_life(client: httpx.Client, bench: Bench) -> None:
    bench.loaded([ticket("A/1", assigned_team="Field A")])
    bench.loaded([ticket("A/1", assigned_team="Field B", source_updated_at="2026-11-19 11:00:00")])
    found = client.get(f"{LIFE}A%2F1").json()

    assert (found["state"], found["ticket"]["properties"]["assigned_team"]) == ("open", "Field B")
    assert [event["kind"] for event in found["events"]] == ["inserted", "updated"]
    assert found["events"][1]["changed"] == {"assigned_team": ["Field A", "Field B"]}
    assert found["events"][1]["export"].endswith("export002.csv")


@pytest.mark.parametrize("name", ["owner", "assigned_team", "location_name", "region", "bucket", "raw_status"])
def test_hidden_properties_are_in_no_document(serve: Serve, bench: Bench, name: str) -> None:
    later = {"source_updated_at": "2026-11-19 11:00:00", "normalized_status": "closed"}
    later["closed_at"] = "2026-11-19 09:00:00"
    bench.loaded([ticket("INC1", **{name: "hidden one"})])
    bench.loaded([ticket("INC1", **{name: "hidden two"}, **later)])
    client = serve(hide=[name])

    for path in (DASHBOARD, TICKETS, CSV, OPEN, f"{LIFE}INC1", f"{TEAMS}?window=90d", f"{TEAMS}.csv?window=90d"):
        text = client.get(path).text
        assert name not in text
        assert "hidden" not in text.lower()
    assert "hidden two" in serve().get(f"{LIFE}INC1").text.lower()


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        (f"{DASHBOARD}?cluser=x", 400, "There is no parameter 'cluser' here; did you mean `cluster`?"),
        (f"{DASHBOARD}?window=2w", 400, "window is '2w'."),
        (f"{DASHBOARD}?window=custom", 400, "p_window custom needs p_from and p_to"),
        (f"{DASHBOARD}?cluster=a&cluster=b", 400, "cluster is given twice."),
        (f"{DASHBOARD}?cluster=%00", 400, "cluster contains a NUL character."),
        (f"{DASHBOARD}?window=custom&from=2026-11-20&to=2026-11-21", 400, "from is '2026-11-20', but should be a time"),
        (f"{TICKETS}?limit=-1", 400, "limit is '-1', but should be a whole number from 0 to 20,000."),
        (f"{TICKETS}?limit=20001", 400, "limit is '20001'"),
        (f"{TICKETS}?limit=%D9%A3", 400, "limit is '٣'"),
        (f"{TEAMS}?status=open", 400, "There is no parameter 'status' here"),
        (f"{TEAMS}?window=custom", 400, "p_window custom needs p_from and p_to"),
        (f"{CSV}?state=open", 400, "There is no parameter 'state' here; did you mean `status`?"),
        ("/api/v1/feeds/ink/dashboard", 404, "There is no feed 'ink'; did you mean `inc`?"),
        ("/api/v1/feeds/inc;select/dashboard", 404, "There is no feed 'inc;select'"),
        ("/api/v1/feeds/crq/freshness", 404, "Feed crq has no table yet."),
        (f"{LIFE}nope", 404, "There is no such ticket in feed inc."),
        ("/api/v1/feeds", 404, "There is nothing at this address."),
        (f"{DASHBOARD}?cluster={'x' * 5000}", 431, "The query string is longer than 4,096 bytes."),
    ],
)
def test_what_cannot_be_answered_says_why(client: httpx.Client, path: str, status: int, detail: str) -> None:
    found = problem(client, path)

    assert found[0] == status
    assert found[1].startswith(detail)
    assert found[2]


def test_an_unknown_cluster_is_no_error(client: httpx.Client, loaded: Bench) -> None:
    assert client.get(DASHBOARD, params={"cluster": "'; DROP TABLE x; --"}).json()["counts"]["open"] == 0


def test_writing_is_not_allowed(client: httpx.Client) -> None:
    response = client.post(DASHBOARD)

    assert (response.status_code, {*response.headers["allow"].split(", ")}) == (405, {"GET", "HEAD"})


def test_head_has_the_headers_of_get(client: httpx.Client, loaded: Bench) -> None:
    got, headed = client.get(TICKETS), client.head(TICKETS)

    assert (headed.status_code, headed.headers["etag"]) == (200, got.headers["etag"])


def test_a_path_with_a_slash_at_its_end_leads_on(client: httpx.Client) -> None:
    response = client.get(f"{client.base_url}/evil.example/api/v1/?cluster=a%20b")

    assert (response.status_code, response.headers["location"]) == (308, "/evil.example/api/v1?cluster=a%20b")
    assert client.get("/api/v1/").headers["location"] == "/api/v1"


def test_tickets_as_they_were(client: httpx.Client, bench: Bench) -> None:
    bench.loaded([ticket("INC1")])
    bench.loaded([ticket("INC1"), ticket("INC2")])
    loads = client.get("/api/v1/feeds/inc/loads").json()["loads"]
    assert [load["inserted"] for load in loads] == [1, 1]

    def listed(path: str, **given: str) -> str:
        return client.get(f"/api/v1/feeds/inc/{path}", params=given).text

    assert "INC2" not in listed("tickets.geojson", at=loads[1]["loaded_at"])
    assert "INC2" in listed("tickets.geojson", at=loads[0]["loaded_at"])
    assert "INC2" not in listed("tickets.csv", at=loads[1]["exported_at"], by="export")
    before = client.get("/api/v1/feeds/inc/tickets.geojson", params={"at": "2000-01-01T00:00:00Z"})
    assert before.status_code == 400
    assert "cannot be given back as of that time" in before.json()["detail"]
    assert "first load" in before.json()["hint"]
    without = client.get("/api/v1/feeds/inc/tickets.geojson", params={"by": "export"})
    assert (without.status_code, without.json()["detail"]) == (400, "p_at is no time")
