"""A newest export that is refused keeps no older one from loading that was never read."""

from __future__ import annotations

import pytest

from fleetfeed.monitoring.freshness import concerns
from tests.kit import Bench, export, line, ticket
from tests.pipeline.test_completeness import STATUS, without

BAD = {
    "garbage": b"<html>503</html>",
    "a column lacks": without([ticket("T1")], STATUS),
    "older times": export([ticket("T1", source_updated_at="2026-11-01 10:00")]),
    "nothing accepted": export([ticket("")]),
}


@pytest.mark.parametrize("newest", BAD.values(), ids=BAD)
def test_the_good_one_before_it_is_loaded_and_the_refusal_reported(bench: Bench, newest: bytes) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1"), ticket("T2")], "good.csv")
    bench.put(newest, "newest.csv")
    dry, report = bench.run(apply=False), bench.run()

    assert (report.outcome, report.error, report.rows.inserted) == ("loaded", None, 1)
    assert str(dry.refused) == str(report.refused)
    assert dry.rows.as_dict() == report.rows.as_dict()
    assert dry.warnings == report.warnings
    assert report.warnings[0].startswith("newest.csv is newer, but refused: ")
    assert bench.states() == {"export001.csv": "archived", "good.csv": "archived", "newest.csv": "refused"}
    assert bench.outcomes() == ["loaded", "refused", "loaded"]
    assert str(report.refused) in concerns(bench.db, "inc")["refused"]
    assert bench.run().outcome == "refused"  # each run says so until there is a newer one
    bench.loaded([ticket("T1"), ticket("T3")])
    assert concerns(bench.db, "inc") == {}


def test_several_are_refused_one_after_the_other_down_to_the_good_one(bench: Bench) -> None:
    bench.put([ticket("T1")], "good.csv")
    bench.put(b"<html>", "bad.csv")
    bench.put(export([ticket("T1")]) + line("T2", "Open"), "newest.csv")
    report = bench.run(max_reject_ratio=0)
    assert report.outcome == "loaded"  # one reject is let through
    bench.put(b"{}", "worse.csv")
    bench.put([ticket("T9")], "between.csv")
    bench.put(b"<html>", "worst.csv")
    assert (bench.run().rows.inserted, bench.states()["worst.csv"]) == (1, "refused")


def test_what_was_overtaken_or_loaded_before_is_not_loaded_instead(bench: Bench) -> None:
    bench.put([ticket("T1"), ticket("T2")])
    bench.put([ticket("T1")])
    bench.run(archive=False)
    bench.put(b"<html>")
    report = bench.run(archive=False)
    assert (report.outcome, report.refused) == ("refused", None)
    assert [row["ticket_id"] for row in bench.rows("ticket_id")] == ["T1"]


def test_where_both_are_refused_each_is_entered_once(bench: Bench) -> None:
    bench.put(b"{}")
    bench.put(b"<html>")
    report = bench.run()
    assert (report.outcome, "JSON" in str(report.error), "HTML" in str(report.refused)) == ("refused", True, True)
    assert bench.run().outcome == "refused"
    assert bench.outcomes() == ["refused", "refused", "refused"]


def test_an_empty_newest_object_is_passed_over(bench: Bench) -> None:
    bench.put([ticket("T1")])
    bench.put(b"")
    report = bench.run()
    assert (report.outcome, report.warnings) == ("loaded", [])
