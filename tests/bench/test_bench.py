"""The benchmark's exports are what it says they are, and its report can be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import exports, report
from bench.exports import HEADER, Row
from bench.plot import draw
from bench.results import Results, Taken
from bench.workloads import EXPORTS, USUAL, WORKLOADS

COUNT = 2_000


def rows(name: str) -> list[Row]:
    return list(EXPORTS[name](COUNT))


def share(found: list[Row], column: str, text: str) -> float:
    place = HEADER.index(column)
    return sum(row[place] == text for row in found) / len(found)


def differing(one: list[Row], other: list[Row]) -> set[str]:
    """Name the columns in which two lists of the same tickets differ."""
    return {name for a, b in zip(one, other, strict=True) for name, x, y in zip(HEADER, a, b, strict=True) if x != y}


def test_an_export_has_32_columns_and_is_the_same_each_time() -> None:
    assert {len(row) for row in rows("base")} == {32}
    assert rows("base") == rows("base")


def test_the_sample_has_mostly_closed_tickets_some_without_creation() -> None:
    base = rows("base")
    assert share(base, "normalized_status", "closed") == pytest.approx(0.88, abs=0.03)
    assert share(base, "created_at_service", "") == pytest.approx(0.30, abs=0.03)
    assert len({row[HEADER.index("cluster")] for row in base}) == 97


@pytest.mark.parametrize(("name", "alarms"), [("base", 0), ("few-alarms", 0.12), ("alarms", 0.20)])
def test_so_many_rows_are_alarms_and_the_tickets_stay_the_same(name: str, alarms: float) -> None:
    found = rows(name)
    assert share(found, "is_alarm", "true") == pytest.approx(alarms, abs=0.001)
    assert [row for row in found if row[HEADER.index("is_alarm")] == "false"] == rows("base")
    assert len({row[0] for row in found}) == len(found)


def test_one_ticket_in_a_hundred_is_changed() -> None:
    base, changed = rows("base"), rows("changed")
    assert sum(a != b for a, b in zip(base, changed, strict=True)) == COUNT // 100
    assert differing(base, changed) == {"owner", "source_updated_at"}


def test_touching_only_last_seen_at_is_loaded_once() -> None:
    assert differing(rows("base"), rows("seen")) == {"last_seen_at"}
    assert differing(rows("base"), rows("next")) == {"source_s3_key", "source_snapshot_id"}


def test_shuffled_rows_are_the_same_rows_in_another_order() -> None:
    assert rows("shuffled") != rows("base")
    assert sorted(rows("shuffled")) == sorted(rows("base"))


def test_columns_can_be_written_in_another_order(tmp_path: Path) -> None:
    exports.write(tmp_path / "x.csv", exports.tickets(1), HEADER[::-1])
    header, row = (tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()
    assert header.split(",")[-1] == "ticket_id"
    assert row.endswith(",INC00000000")


def measured(seconds: float, taker: str) -> list[Taken]:
    return [Taken(USUAL, one.name, taker, seconds, seconds + 1, {"read": 1.5}) for one in WORKLOADS]


def test_the_bench_report_shows_met_missed_and_unmeasured_targets() -> None:
    results = Results(1, measured(2, "fleetfeed") + measured(1, "floor"), {"dlt file": "ValueError: no"})
    lines = report.tables(results).splitlines()
    assert "**Not measured: dlt file** (ValueError: no)" in lines
    assert "| first load, against the floor | ≤ 1.25 × | 2 × | 2 – 2 | **missed** |" in lines
    assert "| 20 % alarms, against the next export without | ≤ 1.5 × | 1 × | 1 – 1 | met |" in lines
    assert "| peak memory at 1,000,000 | ≤ 400 MB | | | not measured |" in lines
    assert f"| {USUAL:,} | first load | floor | read 1.50, rest -0.50 |" in lines


def test_results_that_are_read_back_are_the_same_and_can_be_drawn() -> None:
    results = Results(1, measured(2, "fleetfeed"))
    assert Results.from_plain(results.plain()) == results
    assert draw(results).count("<rect") == 1 + len(WORKLOADS)


def test_the_bench_report_replaces_only_its_part_of_the_readme(tmp_path: Path) -> None:
    text = (report.HERE / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    for _ in range(2):  # the second takes the place of the first
        report.write(Results(1, measured(2, "fleetfeed")), tmp_path)
    reported = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert reported.count("What was to be reached") == 1
    assert reported.partition(report.BEGIN)[0] == text.partition(report.BEGIN)[0]
    assert reported.partition(report.END)[2] == text.partition(report.END)[2]
    assert (tmp_path / "results.svg").stat().st_size < 100_000
