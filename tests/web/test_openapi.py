"""The description of the API is true."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from fleetfeed.errors import InvalidArgument
from fleetfeed.web import api, dispatch, page, questions, units

DOCUMENT = json.loads((api._OPENAPI).read_text(encoding="utf-8"))
ASKING = {
    "dashboard": questions.dashboard,
    "tickets.geojson": questions.tickets,
    "tickets.csv": questions.tickets_csv,
    "open.csv": questions.open_csv,
    "loads": questions.loads,
    "teams": questions.teams,
    "teams.csv": questions.teams_csv,
    "freshness": questions.freshness,
    "nearest": questions.nearest,
    "nearest-units": questions.nearest_units,
}


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    routes = {
        (re.sub(r":(path|int)", "", route.path), method.lower())
        for route in (*api.routes(), *units.routes(), *dispatch.routes(), *page.routes())
        for method in route.methods or ()
        if method != "HEAD"
    }
    described = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert routes == described


def test_the_parameters_of_each_question_are_described() -> None:
    for name, ask in ASKING.items():
        operation = DOCUMENT["paths"][f"/api/v1/feeds/{{feed}}/{name}"]["get"]
        described = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        with pytest.raises(InvalidArgument) as caught:
            ask("inc", {"?": ""})
        assert caught.value.next_step == f"Parameters: {', '.join(described) or 'none'}."


def test_the_description_is_served(client: httpx.Client) -> None:
    assert client.get("/api/v1/openapi.json").json() == DOCUMENT
