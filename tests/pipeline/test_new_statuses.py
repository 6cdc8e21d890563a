"""A status that the feed never had is a warning until the declaration says what it means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from feeds.inc import FEED as INC_DECLARED
from fleetfeed.monitoring.freshness import concerns
from tests.kit import FEED, ZONE, Bench, ticket

SHUT = {"normalized_status": "closed", "closed_at": "2026-11-19 09:30"}


def done(key: str, status: str = "done", **cells: str) -> dict[str, str]:
    return ticket(key, **{"normalized_status": status, "closed_at": "2026-11-19 09:30"} | cells)


def declared(**roles: Any) -> Any:
    return replace(INC_DECLARED, roles=replace(FEED.roles, **roles)).in_zone(ZONE)


def test_a_new_word_for_closed_is_reported_with_its_closing_times(bench: Bench) -> None:
    bench.loaded([ticket("T1", **SHUT), ticket("T2")])
    bench.put([ticket("T1", **SHUT), done("T2"), done("T3"), done("T4", closed_at="")])
    dry, report = bench.run(apply=False), bench.run()

    assert report.warnings == dry.warnings
    assert report.warnings == [
        "'done' is a status that this feed never had: 3 tickets have it and count as open, though 2 of them came with "
        "a closing time; name it in closed_statuses or open_statuses of the feed"
    ]
    assert bench.meta()["new_statuses"] == ["done"]
    assert "'done'" in concerns(bench.db, "inc")["new statuses"]


def test_it_is_a_concern_until_it_is_declared_and_a_warning_once(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1"), done("T2"), ticket("T3", normalized_status="waiting")])
    assert bench.loaded([ticket("T1"), done("T2", owner="Amina"), done("T4")]).warnings == []
    assert bench.meta()["new_statuses"] == ["done", "waiting"]

    bench.feed = declared(closed_statuses=(*FEED.roles.closed_statuses, "done"))
    assert (bench.run().outcome, bench.meta()["new_statuses"]) == ("empty", ["waiting"])
    bench.feed = declared(closed_statuses=(*FEED.roles.closed_statuses, "done"), open_statuses=("waiting",))
    bench.loaded([ticket("T1"), done("T2"), done("T4")])
    assert (bench.meta()["new_statuses"], concerns(bench.db, "inc")) == ([], {})


def test_what_a_first_load_brings_and_what_is_declared_is_known(bench: Bench) -> None:
    assert bench.loaded([ticket("T1"), done("T2", "resolved")]).warnings == []
    assert bench.loaded([ticket("T1"), ticket("T3", **SHUT), done("T4", "cancelled")]).warnings == []
    assert bench.meta()["known_statuses"] == ["cancelled", "closed", "open", "resolved"]


def test_case_counts_as_it_does_for_closed_and_spaces_around_do_not(bench: Bench) -> None:
    bench.loaded([ticket("T1"), done("T2", "resolved")])
    report = bench.loaded([ticket("T1"), done("T2", " resolved "), done("T3", "Resolved")])
    assert [text.split(" is a ")[0] for text in report.warnings] == ["'Resolved'"]


def test_a_table_from_before_says_which_statuses_are_known(bench: Bench) -> None:
    bench.loaded([ticket("T1"), done("T2", "resolved")])
    bench.db.execute("UPDATE tickets.import_meta SET metadata = metadata - 'known_statuses' - 'new_statuses'")
    report = bench.loaded([ticket("T1"), done("T3", "resolved"), done("T4", "fixed")])
    assert [text.split(" is a ")[0] for text in report.warnings] == ["'fixed'"]


def test_a_column_that_says_anything_is_no_list_of_words(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    report = bench.loaded([ticket(f"T{number}", normalized_status=f"word {number}") for number in range(250)])
    assert (report.warnings, bench.meta()["new_statuses"]) == ([], [])


def test_a_feed_without_open_statuses_keeps_its_fingerprint() -> None:
    assert declared(open_statuses=()).fingerprint == FEED.fingerprint != declared(open_statuses=("open",)).fingerprint
