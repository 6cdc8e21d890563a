"""The functions that the web page asks: freshness, and one ticket."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from fleetfeed.errors import DatabaseError
from tests.kit import Bench, ticket


def life(bench: Bench, key: str) -> dict[str, Any]:
    found: dict[str, Any] = bench.db.one("SELECT reporting.fn_inc_ticket(%s)", [key])
    return found


def test_freshness_is_that_of_the_dashboard(bench: Bench) -> None:
    bench.loaded([ticket("INC1")])
    found = bench.db.one("SELECT reporting.fn_freshness()")
    shown = bench.db.one("SELECT reporting.fn_inc_dashboard()")

    assert (found["feed"], found["rejects"], found["concerns"]) == ("inc", 0, [])
    assert found["freshness"] == shown["freshness"] | {
        name: found["freshness"][name] for name in ("source_last_modified", "loaded_at", "checked_at")
    }
    assert found["freshness"] == bench.db.one("SELECT reporting.fn_freshness('inc')")["freshness"]


def test_freshness_of_an_unknown_feed_names_the_known_ones(bench: Bench) -> None:
    with pytest.raises(DatabaseError) as caught:
        bench.db.one("SELECT reporting.fn_freshness('cars')")
    assert isinstance(caught.value.__cause__, psycopg.errors.InvalidParameterValue)
    assert caught.value.__cause__.diag.message_hint == "p_feed is one of: inc."


def test_a_reader_sees_no_column_that_the_map_does_not_show(bench: Bench) -> None:
    bench.loaded([ticket("INC1", service_type="FTTH")])
    bench.loaded([ticket("INC1", service_type="secret", owner="A. Njeri", source_updated_at="2026-11-19 12:00:00")])

    assert "secret" not in str(life(bench, "INC1"))
    assert life(bench, "INC1")["events"][1]["changed"] == {"owner": [None, "A. Njeri"]}


def test_the_life_of_a_ticket_that_closes_vanishes_and_returns(bench: Bench) -> None:
    closed = {
        "normalized_status": "closed",
        "closed_at": "2026-11-19 09:00:00",
        "source_updated_at": "2026-11-19 13:00:00",
    }
    bench.loaded([ticket("INC1"), ticket("INC2")])
    bench.loaded([ticket("INC2")])
    assert (life(bench, "INC1")["state"], bool(life(bench, "INC1")["absent_since"])) == ("absent", True)
    bench.loaded([ticket("INC1", **closed), ticket("INC2")])
    found = life(bench, "INC1")

    assert [event["kind"] for event in found["events"]] == ["inserted", "absent", "updated", "returned"]
    assert (found["state"], found["absent_since"], found["sla"]) == ("closed", None, None)
    (closure,) = found["closures"]
    assert closure["closed_at"] == "2026-11-19T09:00:00+03:00"
    assert (closure["closing_team"], closure["working_team"]) == ("Field A", "Field A")
    assert life(bench, "INC2")["sla"]["age_from"] == "created_at_service"


def test_a_place_says_where_it_is_from(bench: Bench) -> None:
    bench.loaded([ticket("INC1", latitude="-1.29", longitude="36.78"), ticket("INC2")])
    bench.db.execute(
        "INSERT INTO tickets.geo_clusters (cluster, geom, status, precision, provider, display_name) VALUES "
        "('Kilimani', public.st_setsrid(public.st_makepoint(36.78, -1.28), 4326), 'ok', 'cluster', 'list', 'Kilimani')"
    )
    bench.db.execute("UPDATE tickets.inc SET location_key = location_key")

    assert life(bench, "INC1")["place"] == {"source": "feed", "precision": "feed", "provider": None, "name": None}
    assert life(bench, "INC2")["place"] == {
        "source": "cluster", "precision": "cluster", "provider": "list", "name": "Kilimani"
    }  # fmt: skip


def test_of_an_unknown_ticket_there_is_no_document(bench: Bench) -> None:
    assert life(bench, "nope") is None
    assert bench.db.one("SELECT reporting.fn_inc_ticket(NULL)") is None
