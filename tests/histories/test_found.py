"""What histories found, each as short as it can be reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fleetfeed.model import RunReport
from tests.kit import FEED, START, Bench, export, line, ticket

STOP = ticket("EXPORT STOPPED at 200000 rows", source_updated_at="")
NAMELESS = ticket("")


def _key(report: RunReport) -> str:
    assert report.snapshot is not None
    return report.snapshot.stored.key


def _by_hand(path: Path, folder: Path) -> Path:
    """Move a file; it keeps its time."""
    return path.rename(folder / path.name)


def test_a_refused_export_does_not_hide_an_unread_complete_one(bench: Bench) -> None:
    bench.put([ticket("T1"), ticket("T2")], "complete.csv")
    bench.put(b"<html>", "refused.csv")
    first = bench.run()
    bench.put([ticket("T1"), STOP], "truncated.csv")
    second = bench.run()

    assert [_key(first), _key(second)] == ["complete.csv", "truncated.csv"]
    assert (first.refused is not None, second.refused) == (True, None)
    assert bench.states() == {"complete.csv": "archived", "refused.csv": "refused", "truncated.csv": "archived"}
    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["T1", "T2"]


def test_a_superseded_truncated_export_hides_no_unread_complete_one(bench: Bench) -> None:
    bench.put([ticket("T1"), STOP], "truncated.csv", START + timedelta(minutes=2))
    overtaking = bench.put([ticket("T1")], "overtaking.csv", START + timedelta(minutes=3))
    bench.run(archive=False)
    overtaking.unlink()
    bench.put([ticket("T1"), ticket("T2")], "complete.csv", START + timedelta(minutes=1))
    first, second = bench.run(), bench.run()

    assert [_key(first), _key(second)] == ["complete.csv", "truncated.csv"]


def test_an_export_that_was_loaded_taken_away_and_put_back_is_not_unread(bench: Bench) -> None:
    old = bench.put([ticket("T1")], "old.csv")
    bench.run(archive=False)
    taken = _by_hand(old, bench.archive)
    bench.loaded([ticket("T1"), ticket("T2")])
    _by_hand(taken, bench.inbox)
    bench.put([ticket("T1"), STOP], "truncated.csv")
    report = bench.run()

    assert (_key(report), report.truncated, report.rows.absent) == ("truncated.csv", True, 0)


def test_a_reject_counts_once_though_its_export_is_taken_away_and_put_back(bench: Bench) -> None:
    path = bench.put(export([ticket("T1")]) + line("T2", "too few"))
    bench.run(archive=False)
    taken = _by_hand(path, bench.archive)
    assert bench.run().outcome == "empty"
    _by_hand(taken, bench.inbox)
    bench.feed = replace(FEED, revision=2)
    report = bench.run()

    assert (report.outcome, report.rows.rejected.total()) == ("loaded", 1)
    assert [row["times"] for row in bench.rows("reject_id, times", "tickets.rejects")] == [1]


def test_rejects_count_of_an_export_loaded_after_a_newer_one(bench: Bench) -> None:
    bench.loaded([ticket("T1"), NAMELESS])
    bench.put([ticket("T1", owner="Amina"), NAMELESS], "overtaken.csv")
    newest = bench.put([ticket("T1")])
    bench.run(archive=False)
    newest.unlink()
    report = bench.run()

    assert (_key(report), report.rows.updated) == ("overtaken.csv", 1)
    assert [row["times"] for row in bench.rows("reject_id, times", "tickets.rejects")] == [2]
