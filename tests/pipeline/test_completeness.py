"""No export is taken for the whole truth that lacks a column, breaks off, or lists hardly any open ticket."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fleetfeed.database import Database
from tests.kit import FEED, HEADER, Bench, export, ticket

STATUS, CLOSED, CREATED = "normalized_status", "closed_at", FEED.roles.created
SIXTY = [ticket(f"T{number:02}") for number in range(1, 61)]


def renamed(rows: list[dict[str, str]], **names: str) -> bytes:
    """Write an export whose header spells some columns differently."""
    head, rest = export(rows, HEADER).split(b"\r\n", 1)
    return ",".join(names.get(name, name) for name in head.decode().split(",")).encode() + b"\r\n" + rest


def without(rows: list[dict[str, str]], *names: str) -> bytes:
    header = tuple(name for name in HEADER if name not in names)
    return export([{name: cell for name, cell in row.items() if name in header} for row in rows], header)


def absent(bench: Bench) -> int:
    return len(bench.rows("ticket_id", "tickets.inc WHERE absent_since IS NOT NULL"))


@pytest.mark.parametrize(
    ("column", "to"), [(STATUS, "normalized_state"), (CLOSED, "closed_on"), ("cluster", "cluster_name")]
)
def test_an_export_that_renames_a_role_is_refused_with_its_new_name(bench: Bench, column: str, to: str) -> None:
    rows = [ticket("T1"), ticket("T2", normalized_status="closed", closed_at="2026-11-19 09:30")]
    bench.loaded(rows)
    before = bench.picture("inc", "import_meta")
    bench.put(renamed(rows, **{column: to}))
    dry, report = bench.run(apply=False), bench.run()

    assert dry.outcome == report.outcome == "refused"
    assert str(dry.error) == str(report.error)
    assert f"its header lacks {column!r}" in str(report.error)
    assert f"{to!r} is probably {column!r}" in str(report.error)
    assert f'headers = {{"{to}": "{column}"}}' in str(report.error)
    assert bench.picture("inc", "import_meta")["inc"] == before["inc"]


def test_a_fold_that_fails_on_a_new_column_does_not_hide_the_refusal(db: Database, tmp_path: Path) -> None:
    def only_open(cell: str) -> str:
        return {"open": "open"}[cell]

    columns = tuple(replace(item, fold=only_open) if item.name == STATUS else item for item in FEED.columns)
    bench = Bench(db, tmp_path, replace(FEED, columns=columns))
    bench.loaded([ticket("T1")])
    bench.put(renamed([ticket("T1"), ticket("T2", normalized_status="odd")], **{STATUS: "normalized_state"}))
    report = bench.run()

    assert report.outcome == "refused"
    assert f"its header lacks {STATUS!r} (status)" in str(report.error)


def test_a_column_that_is_gone_for_good_is_accepted_once(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put(without([ticket("T1")], STATUS))
    refused = bench.run()
    accepted = bench.run(accept_incomplete=True)
    again = bench.loaded(without([ticket("T1"), ticket("T2")], STATUS))
    bench.put(without([ticket("T1")], STATUS, CLOSED))

    assert (refused.outcome, accepted.outcome, again.outcome) == ("refused", "loaded", "loaded")
    assert "probably" not in str(refused.error)
    assert f"its header lacks {CLOSED!r} (closed)." in str(bench.run().error)
    bench.loaded([ticket("T1")])
    bench.put(without([ticket("T1")], STATUS))
    assert bench.run().outcome == "refused"  # it was there again


def test_a_first_load_may_lack_some_but_not_all_times_of_creation(bench: Bench) -> None:
    bench.put(without([ticket("T1")], *CREATED))
    assert "(created)" in str(bench.run().error)
    bench.loaded(without([ticket("T1")], CREATED[0]))
    bench.loaded([ticket("T1")])
    bench.put(without([ticket("T1")], CREATED[0]))
    assert f"its header lacks {CREATED[0]!r}" in str(bench.run().error)


def test_a_piece_of_an_export_makes_no_ticket_absent_until_accepted(bench: Bench) -> None:
    bench.loaded(SIXTY)
    bench.put([ticket("T01", owner="Amina")])
    dry, held = bench.run(apply=False), bench.run()

    assert dry.held == held.held == "59 of 60 open tickets are not listed, more than max_absent_ratio = 0.5 allows"
    assert dry.rows.as_dict() == held.rows.as_dict()
    assert dry.warnings == held.warnings
    assert (held.outcome, held.rows.updated, held.rows.absent, absent(bench)) == ("loaded", 1, 0, 0)
    assert bench.meta()["held"] == held.held
    again = bench.run()
    assert (again.outcome, again.held, bench.waiting()) == ("unchanged", held.held, ["export002.csv"])

    accepted = bench.run(accept_incomplete=True)
    assert (accepted.outcome, accepted.rows.absent, absent(bench)) == ("loaded", 59, 59)
    assert (bench.meta()["held"], bench.meta()["truncated"], bench.waiting()) == (None, False, [])


def test_a_later_complete_export_ends_what_was_held(bench: Bench) -> None:
    bench.loaded(SIXTY)
    assert bench.loaded(SIXTY[:2]).held
    report = bench.loaded(SIXTY[:40])

    assert (report.held, report.rows.absent, report.warnings) == ("", 20, [])
    assert (bench.meta()["held"], bench.waiting()) == (None, [])


def test_one_that_is_held_supersedes_no_older_one_that_was_never_read(bench: Bench) -> None:
    bench.loaded(SIXTY)
    bench.put([*SIXTY, ticket("N1")], "older.csv")
    held = bench.put(SIXTY[:2], "newest.csv")
    for outcome in ("loaded", "unchanged"):
        report = bench.run()
        assert (report.outcome, report.superseded_exports) == (outcome, [])
        assert report.warnings[-1].endswith("or the one that is held is accepted: older.csv")
        assert (bench.states()["older.csv"], bench.waiting()) == ("seen", ["newest.csv", "older.csv"])
    held.unlink()
    assert (bench.run().rows.inserted, bench.meta()["held"], bench.waiting()) == (1, None, [])


@pytest.mark.parametrize("accept", [True, False])
def test_it_is_superseded_once_a_complete_one_is_loaded(bench: Bench, accept: bool) -> None:
    bench.loaded(SIXTY)
    bench.put(SIXTY, "older.csv")
    bench.put(SIXTY[:2], "newest.csv")
    bench.run()
    if not accept:
        bench.put(SIXTY, "complete.csv")
    assert bench.run(accept_incomplete=accept).superseded_exports == ["older.csv"]
    assert bench.waiting() == []


def test_few_tickets_may_vanish_whatever_their_share(bench: Bench) -> None:
    bench.loaded(SIXTY[:50])
    bench.loaded([ticket("N1")])
    assert absent(bench) == 50


def test_the_share_is_of_tickets_open_and_present_and_can_be_set(bench: Bench) -> None:
    shut = [ticket(f"C{number}", normalized_status="closed", closed_at="2026-11-19 09:30") for number in range(200)]
    bench.loaded([*SIXTY, *shut])
    bench.put([*SIXTY[:5], *shut])
    assert bench.run(apply=False).held
    assert bench.run(max_absent_ratio=1.0).rows.absent == 55


def test_dropped_records_count_as_not_listed(bench: Bench) -> None:
    bench.loaded(SIXTY)
    report = bench.loaded([ticket(row["ticket_id"], is_alarm="true") for row in SIXTY[:55]] + SIXTY[55:])
    assert report.held.startswith("55 of 60 open tickets are not listed")
    assert absent(bench) == 0


@pytest.mark.parametrize("cut", [30, 90])
def test_an_export_that_ends_inside_a_record_makes_nothing_absent(bench: Bench, cut: int) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    whole = export([ticket("T1"), ticket("T2")])
    bench.put(whole[:-cut])
    dry, report = bench.run(apply=False), bench.run()

    assert dry.held == report.held
    assert report.held.startswith("it ends in the middle of record 2 on line 3")
    assert (report.truncated, report.rows.absent, absent(bench)) == (True, 0, 0)
    assert report.rows.rejected == {"too few fields": 1}


def test_a_last_line_without_end_is_held_where_others_had_one(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    assert bench.loaded(export([ticket("T1"), ticket("T2")])[:-2]).held == (
        "its last line has no end, though that of the export loaded before had one"
    )
    assert bench.loaded(export([ticket("T1")])[:-2]).held  # the one that was held is no measure
    accepted = bench.run(accept_incomplete=True)
    assert (accepted.held, accepted.rows.absent) == ("", 2)
    assert not bench.loaded(export([ticket("T1"), ticket("T4")])[:-2]).held


def test_an_exporter_that_never_ends_its_last_line_is_no_trouble(bench: Bench) -> None:
    bench.loaded(export([ticket("T1"), ticket("T2")])[:-2])
    report = bench.loaded(export([ticket("T1")])[:-1])  # CR and LF each end a line
    assert (report.held, report.rows.absent) == ("", 1)
    assert bench.loaded(export([ticket("T1"), ticket("T2")])[:-2]).held


def test_a_complete_export_goes_before_one_that_was_cut_short(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1"), ticket("T2")])
    bench.put(export([ticket("T1", owner="Amina"), ticket("T3")])[:-40])
    assert (bench.run().rows.inserted, bench.run().held != "") == (1, True)


def test_a_feed_without_a_cluster_needs_no_column_of_it(bench: Bench) -> None:
    bench.feed = replace(FEED, roles=replace(FEED.roles, cluster=None), aliases={}, codes=())
    assert bench.loaded(without([ticket("T1")], "cluster")).rows.inserted == 1


@pytest.mark.parametrize("column", ["closed_at", "created_at_service"])
def test_times_that_are_all_written_in_another_way_refuse_the_export(bench: Bench, column: str) -> None:
    def tickets(times: dict[str, str]) -> list[dict[str, str]]:
        return [ticket(f"T{number}", normalized_status="closed", **times) for number in range(60)]

    right = {"closed_at": "2026-11-20 10:00:00", "created_at_service": "2026-11-20 09:00:00"}
    wrong = right | {column: "2026-11-20T09:00:00Z"}
    bench.loaded(tickets(right))
    bench.put(tickets(wrong))
    dry, refused = bench.run(apply=False), bench.run()
    assert str(dry.error) == str(refused.error)
    assert f"in 60 of 60 tickets that are new or changed, '{column}'" in str(refused.error)
    assert bench.rows(f"count({column})") == [{"count": 60}]
    accepted = bench.run(accept_incomplete=True)
    assert (accepted.outcome, dict(accepted.changes.unreadable)) == ("loaded", {column: 60})
    bench.loaded(tickets(right))
    assert bench.loaded(tickets(wrong)[:29] + tickets(right)[29:]).changes.unreadable == {column: 29}


def test_a_status_column_that_has_gone_empty_refuses_the_export(bench: Bench) -> None:
    bench.loaded([ticket(f"T{number}", normalized_status="closed") for number in range(3)])
    bench.put([ticket(f"T{number}", normalized_status=" ") for number in range(3)])
    assert "every cell of 'normalized_status' (status) is empty, and 3 tickets" in str(bench.run().error)
    assert bench.run(accept_incomplete=True).outcome == "loaded"


def test_a_winner_column_that_is_renamed_refuses_the_export(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put(export([ticket("T1")]).replace(b"source_updated_at", b"modified_at", 1))
    assert "its header lacks 'source_updated_at' (winner)" in str(bench.run().error)
