"""Exports that hold changes only: each is loaded, in order, and no ticket becomes absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetfeed.monitoring.freshness import concerns
from tests.kit import START, Bench, export, ticket
from tests.pipeline.test_completeness import STATUS, absent, without


def run(bench: Bench, **options: Any) -> tuple[str, str, int]:
    report = bench.run(pieces=True, **options)
    snapshot = report.snapshot
    return report.outcome, snapshot.stored.key if snapshot else "", snapshot.waiting if snapshot else 0


def test_each_unread_piece_is_loaded_oldest_first(bench: Bench) -> None:
    for number in range(3):
        bench.put([ticket("T1", owner=f"O{number}"), ticket(f"N{number}")])
    first, second, third = run(bench), run(bench, archive=False), run(bench, archive=False)

    assert first == ("loaded", "export001.csv", 2)
    assert second == ("loaded", "export002.csv", 1)
    assert third == ("loaded", "export003.csv", 0)
    assert run(bench, archive=False)[0] == "unchanged"
    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["N0", "N1", "N2", "T1"]
    assert (bench.one("T1", "owner"), absent(bench)) == ({"owner": "O2"}, 0)
    assert set(bench.states().values()) == {"archived", "loaded"}
    assert len(bench.run(pieces=True).archived) == 2
    assert run(bench) == ("empty", "", 0)


def test_a_refused_piece_is_not_overtaken(bench: Bench) -> None:
    bench.put([ticket("T1")])
    run(bench)
    bad = bench.put(b"<html>")
    bench.put([ticket("T2")])
    assert [run(bench)[:2], run(bench)[:2]] == [("refused", "export002.csv")] * 2
    assert concerns(bench.db, "inc")["refused"].startswith("the next piece (export002.csv) is refused; next: ")
    bad.unlink()
    assert run(bench) == ("loaded", "export003.csv", 0)


def test_a_piece_without_a_role_or_its_end_is_refused_until_accepted(bench: Bench) -> None:
    bench.put([ticket("T1")])
    run(bench)
    bench.put(export([ticket("T2"), ticket("T3")])[:-40])
    assert run(bench)[0] == "refused"
    assert run(bench, accept_incomplete=True)[0] == "loaded"
    bench.put(without([ticket("T4")], STATUS))
    assert (run(bench)[0], run(bench, accept_incomplete=True)[0]) == ("refused", "loaded")


def test_older_times_are_fine_but_a_piece_that_comes_late_is_not(bench: Bench) -> None:
    bench.put([ticket("T1", owner="New")])
    run(bench)
    bench.put([ticket("T2", source_updated_at="2026-11-01 10:00")])
    assert run(bench)[0] == "loaded"
    bench.put([ticket("T1", owner="Old")], "late.csv", START)
    report = bench.run(pieces=True)
    assert (report.outcome, "before the one that is loaded already" in str(report.error)) == ("refused", True)
    assert run(bench, allow_older=True)[0] == "loaded"


def test_the_same_bytes_again_are_a_piece_of_their_own(bench: Bench) -> None:
    for _ in range(2):
        bench.put([ticket("T1")])
        assert run(bench)[0] == "loaded"
    assert set(bench.states().values()) == {"archived"}


def test_a_look_shows_the_oldest_and_writes_nothing(bench: Bench) -> None:
    bench.put([ticket("T1")])
    bench.put([ticket("T2")])
    assert run(bench, apply=False) == ("loaded", "export001.csv", 1)
    assert bench.states() == {}


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("times", [("10:00", "11:00"), ("", "11:00")])
def test_a_piece_that_is_mended_later_undoes_no_newer_change(bench: Bench, times: tuple[str, str], waits: bool) -> None:
    second, third = (
        [ticket("T1", owner=f"O{n}", source_updated_at=time and f"2026-11-19 {time}"), ticket(f"N{n}")]
        for n, time in enumerate(times, 2)
    )
    bench.put([ticket("T1", source_updated_at="2026-11-19 09:00")])
    run(bench)
    bad = bench.put(b"<html>", "second.csv")
    bench.put(third)
    assert run(bench)[0] == "refused"
    if not waits:
        bad.unlink()
        run(bench)
    bench.put(second, "second.csv")
    look = bench.run(pieces=True, apply=False)
    reports = [bench.run(pieces=True) for _ in range(2 if waits else 1)]

    assert waits or (look.rows.superseded, look.rows.inserted) == (1, 1)
    assert (reports[-1].rows.superseded, reports[-1].rows.inserted) == (1, 1)
    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["N2", "N3", "T1"]
    assert bench.one("T1", "owner") == {"owner": "O3"}


def test_an_older_record_is_written_where_that_is_allowed_or_whole(bench: Bench) -> None:
    bench.put([ticket("T1", source_updated_at="2026-11-19 10:00")])
    run(bench)
    for name, pieces in (("A", True), ("B", False)):
        bench.put([ticket("T1", owner=name, source_updated_at="2026-11-19 09:00")])
        assert bench.run(allow_older=True, pieces=pieces).rows.updated == 1


def test_without_winner_times_a_piece_that_comes_again_is_named(bench: Bench) -> None:
    bench.feed = replace(bench.feed, winner=())
    bench.put([ticket("T1")])
    run(bench)
    bench.put(b"<html>", "second.csv", START + timedelta(hours=2))
    run(bench)
    bench.put([ticket("T1", owner="New")], "third.csv", START + timedelta(hours=3))
    bench.put([ticket("T1", owner="Old")], "second.csv", START + timedelta(hours=4))
    third, second = bench.run(pieces=True), bench.run(pieces=True)

    assert (third.warnings, third.outcome, second.outcome) == ([], "loaded", "loaded")
    assert "second.csv was there at 2026-11-20 08:00:00 UTC" in second.warnings[0]
