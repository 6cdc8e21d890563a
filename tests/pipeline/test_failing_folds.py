"""A fold that fails on the newer of two records of one ticket: the ticket stays, and the record is a reject."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit import FEED, Bench, ticket

WINNER = "source_updated_at"
OLD = {WINNER: "2026-11-20 08:00:00", "region": "north"}
NEW = {WINNER: "2026-11-20 09:00:00", "region": "south"}


def strict(cell: str) -> str:
    """Give a cell back, unless it says what no fold could read."""
    if cell == "soon":
        raise ValueError(cell)
    return cell


@pytest.fixture
def folding(bench: Bench) -> Bench:
    """Give a feed whose winner and region are read by a fold."""
    folded = (WINNER, "region")
    columns = tuple(replace(column, fold=strict) if column.name in folded else column for column in FEED.columns)
    bench.feed = replace(FEED, columns=columns)
    return bench


def rejected(bench: Bench) -> list[tuple[str, str]]:
    """List rejects: the ticket they name, and why."""
    return [(row["ticket_id"], row["reason"]) for row in bench.rows("ticket_id, reason", "tickets.rejects")]


@pytest.mark.parametrize("places", [(0, 1), (1, 0)])
def test_a_record_whose_winner_fails_competes_with_none(folding: Bench, places: tuple[int, int]) -> None:
    folding.loaded([ticket("T1", **OLD), ticket("T2")])
    records = [ticket("T1", **OLD | {"region": "west"}), ticket("T1", **NEW | {WINNER: "soon"})]
    report = folding.loaded([*(records[place] for place in places), ticket("T2")])
    assert rejected(folding) == [("T1", f"fold of {WINNER} raised ValueError")]
    assert folding.one("T1", "region, absent_since") == {"region": "west", "absent_since": None}
    assert (report.rows.updated, report.rows.unchanged, report.rows.superseded, report.rows.absent) == (1, 1, 0, 0)


def test_a_ticket_all_of_whose_winners_fail_stays_as_it_was(folding: Bench) -> None:
    other = ticket("T2", **NEW)
    folding.loaded([ticket("T1", **OLD), other])
    report = folding.loaded([ticket("T1", **{WINNER: "soon"}), ticket("T1", **NEW | {WINNER: "soon"}), other])
    assert rejected(folding) == [("T1", f"fold of {WINNER} raised ValueError")] * 2
    assert folding.one("T1", "region, absent_since") == {"region": "north", "absent_since": None}
    assert (report.rows.superseded, report.rows.absent) == (0, 0)


def test_a_latest_record_that_fails_elsewhere_changes_no_ticket(folding: Bench) -> None:
    folding.loaded([ticket("T1", **OLD), ticket("T2")])
    older = ticket("T1", **OLD | {"region": "west"})
    report = folding.loaded([older, ticket("T1", **NEW | {"region": "soon"}), ticket("T2")])
    assert rejected(folding) == [("T1", "fold of region raised ValueError")]
    assert folding.one("T1", "region, absent_since") == {"region": "north", "absent_since": None}
    assert (report.rows.superseded, report.rows.absent) == (1, 0)
