"""Closures as they are observed: each kind of ticket by its definition in docs/data-quality.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.database.schema.derived.kit import backlog, capture, closures, dashboard, done, flow
from tests.kit import START, Bench, ticket

_DOWN = "CREATE OR REPLACE FUNCTION tickets.capture_history(feed text, as_of timestamptz DEFAULT now()) "


def everything(bench: Bench) -> list[list[dict[str, Any]]]:
    """Take in every row version of the history."""
    names = ("closure_events", "inc_daily_snapshot", "captures", "captured_runs")
    return [bench.rows("*, ctid::text, xmin::text", f"tickets.{name}") for name in names]


def test_a_closure_is_entered_once_with_its_ticket_and_export_time(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    report = bench.loaded([done("T1", mttr="536.0", sla_status="met", owner="Amina")])

    (event,) = bench.rows("*", "tickets.closure_events")
    assert event == {
        "event_id": 1,
        "feed": "inc",
        "ticket_id": "T1",
        "closed_at": datetime(2026, 11, 19, 7, tzinfo=UTC),
        "observed_at": START + timedelta(hours=2),
        "run_id": report.run_id,
        "cluster": "Kilimani",
        "region": "nairobi west",
        "assigned_team": "Field A",
        "owner": "Amina",
        "mttr": 536,
        "sla_status": "met",
        "raw_status": "CLOSED",
    }
    assert (report.warnings, report.history) == ([], True)
    assert flow(bench) == {"Kilimani": (0, 1, 0)}


def test_a_hundred_captures_are_one(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([done("T1"), ticket("T2"), ticket("T3")])
    before = everything(bench)
    for _ in range(100):
        capture(bench.db)
    bench.db.execute("SELECT tickets.capture_history()")

    assert everything(bench) == before


def test_closures_before_the_first_capture_are_in_no_days_flow(bench: Bench) -> None:
    bench.loaded([done("T1"), ticket("T2")])

    assert closures(bench) == [("T1", "19 10:00")]
    assert bench.rows("observed_at", "tickets.closure_events") == [{"observed_at": START + timedelta(hours=1)}]
    assert flow(bench) == {}


def test_a_new_closed_ticket_counts_as_created_and_closed_that_day(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1"), done("T2")])

    assert closures(bench) == [("T2", "19 10:00")]
    assert flow(bench) == {"Kilimani": (1, 1, 0)}


def test_a_ticket_that_reopens_and_closes_again_gets_a_second_event(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.loaded([done("T1", "2026-11-19 10:00")])
    bench.loaded([ticket("T1")])
    bench.loaded([done("T1", "2026-11-20 11:30")])

    assert closures(bench) == [("T1", "19 10:00"), ("T1", "20 11:30")]
    assert flow(bench) == {"Kilimani": (0, 2, 1)}


def test_a_second_closure_at_the_same_time_counts_only_in_the_flow(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    for row in (done("T1"), ticket("T1"), done("T1")):
        bench.loaded([row])

    assert closures(bench) == [("T1", "19 10:00")]
    assert flow(bench) == {"Kilimani": (0, 2, 1)}


def test_a_closure_without_a_time_has_one_event_however_often_it_is_seen(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    for owner in ("Amina", "Njeri"):
        bench.loaded([done("T1", "", owner=owner)])
    bench.loaded([ticket("T1")])
    bench.loaded([done("T1", "")])

    assert closures(bench) == [("T1", None)]
    assert flow(bench) == {"Kilimani": (0, 2, 1)}


@pytest.mark.parametrize("first", ["", "2026-11-18 09:00"], ids=["it was missing", "it was another"])
def test_a_corrected_closing_time_is_an_event_but_no_second_closure(bench: Bench, first: str) -> None:
    bench.loaded([ticket("T1")])
    bench.loaded([done("T1", first)])
    bench.loaded([done("T1", "2026-11-19 10:00")])

    assert closures(bench) == [("T1", "18 09:00" if first else None), ("T1", "19 10:00")]
    assert flow(bench) == {"Kilimani": (0, 1, 0)}


def test_cancelled_is_closed_and_so_is_a_closing_time_without_a_status(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    bench.loaded(
        [
            ticket("T1", normalized_status="cancelled"),
            ticket("T2", normalized_status="", closed_at="2026-11-19 10:00"),
            ticket("T3", normalized_status="", closed_at=""),
        ]
    )

    assert sorted(closures(bench)) == [("T1", None), ("T2", "19 10:00")]
    assert flow(bench) == {"Kilimani": (0, 2, 0)}


def test_an_open_ticket_with_an_old_closing_time_is_no_closure(bench: Bench) -> None:
    bench.loaded([ticket("T1", closed_at="2026-11-19 10:00")])
    bench.loaded([ticket("T1", closed_at="2026-11-19 10:00", owner="Amina")])

    assert (closures(bench), flow(bench)) == ([], {})


@pytest.mark.parametrize("gone", [[], [ticket("T2", is_alarm="true")]], ids=["vanished", "turned into an alarm"])
def test_an_absent_ticket_is_neither_closed_nor_in_the_backlog(bench: Bench, gone: list[dict[str, str]]) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    assert backlog(bench)["Kilimani"][0] == 2
    bench.loaded([ticket("T1"), *gone])
    assert (closures(bench), flow(bench), backlog(bench)["Kilimani"][0]) == ([], {}, 1)
    bench.loaded([ticket("T1"), ticket("T2")])
    assert (closures(bench), flow(bench), backlog(bench)["Kilimani"][0]) == ([], {}, 2)


def test_an_absent_ticket_that_comes_back_closed_is_closed_then(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1"), done("T2")])

    assert closures(bench) == [("T2", "19 10:00")]
    assert flow(bench) == {"Kilimani": (0, 1, 0)}


def test_a_closed_ticket_that_ages_out_of_the_export_changes_nothing(bench: Bench) -> None:
    bench.loaded([ticket("T1"), done("T2")])
    bench.loaded([ticket("T1")])

    assert (closures(bench), flow(bench)) == ([("T2", "19 10:00")], {})


def test_what_happened_between_two_captures_is_found_step_by_step(own_bench: Bench) -> None:
    bench = own_bench
    bench.loaded([ticket("T1"), ticket("T2")])
    body = bench.db.one("SELECT pg_get_functiondef('tickets.capture_history(text, timestamptz)'::regprocedure)")
    bench.db.execute(_DOWN + "RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE ''down''; END'")
    bench.loaded([done("T1", "2026-11-19 10:00", owner="Amina"), ticket("T2", cluster="Ruiru")])
    bench.loaded([ticket("T1", owner="Njeri"), ticket("T2", cluster="Ruiru"), ticket("T3")])
    bench.loaded([done("T1", "2026-11-20 11:30"), done("T2", ""), done("T3")])
    report = bench.loaded([done("T1", "2026-11-20 11:30", last_seen_at="2026-11-20 12:00"), ticket("T2"), done("T3")])
    assert len(report.warnings) == 1
    assert closures(bench) == []
    bench.db.execute(body)
    capture(bench.db)

    found = bench.db.all("SELECT ticket_id, owner, cluster, run_id FROM tickets.closure_events ORDER BY run_id, 1")
    assert found == [
        ("T1", "Amina", "Kilimani", 2),
        ("T1", None, "Kilimani", 4),
        ("T2", None, "Kilimani", 4),
        ("T3", None, "Kilimani", 4),
    ]
    assert flow(bench) == {"Kilimani": (1, 4, 2)}


def test_a_closure_belongs_to_the_closing_team_else_to_the_one_before(
    bench: Bench,
) -> None:
    at = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")  # an hour ago, in East Africa
    bench.loaded([ticket(key, assigned_team=team) for key, team in (("T1", "A"), ("T2", "A"), ("T3", ""), ("T4", "A"))])
    bench.loaded([ticket("T2", assigned_team="B"), *(ticket(key) for key in ("T1", "T3", "T4"))])
    bench.loaded([done(key, at, assigned_team="") for key in ("T1", "T2", "T3")] + [ticket("T4")])
    bench.loaded([ticket("T1", assigned_team="C"), done("T2", at, assigned_team="D"), done("T5", at, assigned_team="")])
    teams = dashboard(bench.db)["metrics"]["by_team"]

    assert {row["team"]: (row["open"], row["closed"]) for row in teams} == {
        "Field A": (0, 2),
        "B": (0, 1),
        "C": (1, 0),
        "unattributed": (0, 1),
    }
