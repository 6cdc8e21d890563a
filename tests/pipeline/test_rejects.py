"""Bad records are kept as evidence, counted, and too many of them refuse the export."""

from __future__ import annotations

import pytest

from fleetfeed.database.ledger.rejects import stored_rejects
from fleetfeed.errors import ExportRefused
from fleetfeed.reader.rejects import KEPT
from tests.kit import DATA, HEADER, Bench, export, line, ticket

SHORT = line("T9", "Open", "open")
LATIN = export([ticket("T8", owner="Rene\x01")]).split(b"\r\n", 1)[1].replace(b"\x01", b"\xe9")
TOO_LONG = line("T7", *[""] * len(HEADER))
QUOTED = export([ticket("T6", owner="Rene\x01")]).split(b"\r\n", 1)[1].replace(b"Rene\x01", b'"a\\"b"')


def test_each_bad_record_is_kept_with_its_place_its_bytes_and_the_header(bench: Bench) -> None:
    content = export([ticket("T1"), ticket("T2", owner="two\nlines")]) + SHORT + b"\r\n" + LATIN + TOO_LONG + QUOTED
    content += export([ticket(""), ticket("1.2E+05"), ticket("T3")]).split(b"\r\n", 1)[1]
    report = bench.loaded(content)

    found = bench.rows("record, line, ticket_id, reason, detail, times, run_id", "tickets.rejects", "record")
    assert [(row["record"], row["line"], row["ticket_id"], row["reason"]) for row in found] == [
        (3, 5, "T9", "too few fields"),
        (4, 7, "T8", "bytes that are not UTF-8"),
        (5, 8, "T7", "too many fields"),
        (6, 9, "T6", "broken quoting"),
        (7, 10, None, "empty key"),
        (8, 11, "1.2E+05", "key in E-notation"),
    ]
    assert {(row["times"], row["run_id"]) for row in found} == {(1, report.run_id)}
    assert found[0]["detail"] == f"3 of {len(HEADER)} fields"
    assert (report.rows.read, report.rows.rejected.total(), report.rows.inserted) == (9, 6, 3)
    raws = [row["raw_text"] for row in bench.rows("record, raw_text", "tickets.rejects", "record")]
    assert raws[0] == "T9,Open,open"
    assert "Rene\\xE9" in raws[1]
    assert '"a\\\\"b"' in raws[3]
    assert bench.rows("DISTINCT header", "tickets.rejects") == [{"header": ",".join(HEADER)}]


def test_the_same_bad_record_in_every_export_is_one_row_that_counts(bench: Bench) -> None:
    first = bench.loaded(export([ticket("T1")]) + SHORT)
    before = bench.rows("reject_id, first_seen_at, last_seen_at", "tickets.rejects")[0]
    second = bench.loaded(export([ticket("T1"), ticket("T2")]) + SHORT + SHORT)

    after = bench.rows("*", "tickets.rejects")
    assert len(after) == 1
    assert (after[0]["times"], after[0]["record"], after[0]["run_id"]) == (3, 4, second.run_id)
    assert (after[0]["reject_id"], after[0]["first_seen_at"]) == (before["reject_id"], before["first_seen_at"])
    assert after[0]["last_seen_at"] > before["last_seen_at"]
    assert (first.rows.rejected.total(), second.rows.rejected.total()) == (1, 2)


def test_a_record_with_several_faults_is_one_reject(bench: Bench) -> None:
    report = bench.loaded(export([ticket("T1")]) + b"T9,caf\xe9\r\n")

    assert report.rows.rejected == {"bytes that are not UTF-8": 1}
    assert bench.rows("ticket_id, raw_text", "tickets.rejects") == [{"ticket_id": "T9", "raw_text": "T9,caf\\xE9"}]


@pytest.mark.parametrize("stage", ["reader", "normalise"])
def test_more_than_fifty_above_the_ratio_refuse_the_export(bench: Bench, stage: str) -> None:
    bench.loaded([ticket("T1")])
    before = bench.picture(*DATA)
    path = bench.put(_with_bad(stage, 51, good=100))
    report = bench.run()

    assert report.outcome == "refused"
    assert "51 of its 151 records could not be read (51 ×" in str(report.error)
    assert "max_reject_ratio = 0.05" in str(report.error)
    path.unlink()
    assert bench.picture(*DATA) == before
    assert bench.db.one("SELECT count(*) FROM tickets.rejects WHERE run_id = %s", [report.run_id]) == 51


@pytest.mark.parametrize("stage", ["reader", "normalise"])
def test_fifty_bad_records_are_let_through_whatever_their_share(bench: Bench, stage: str) -> None:
    report = bench.loaded(_with_bad(stage, 50, good=1))

    assert (report.rows.rejected.total(), report.rows.inserted) == (50, 1)


def test_more_than_fifty_below_the_ratio_are_let_through(bench: Bench) -> None:
    report = bench.loaded(_with_bad("reader", 60, good=1200))

    assert (report.rows.rejected.total(), report.rows.inserted) == (60, 1200)


def test_the_ratio_is_a_setting(bench: Bench) -> None:
    bench.put(_with_bad("reader", 60, good=1200))
    for apply, after in ((False, "them, after a run with --apply."), (True, "shows them.")):
        report = bench.run(max_reject_ratio=0.01, apply=apply)
        assert isinstance(report.error, ExportRefused)
        assert (report.outcome, report.error.next_step.endswith(after)) == ("refused", True)

    assert bench.run(max_reject_ratio=0.5).outcome == "loaded"


def test_at_most_a_thousand_rejects_of_a_refused_export_are_kept(bench: Bench) -> None:
    bench.put(_with_bad("reader", 1_100, good=1))
    report = bench.run()

    assert (report.outcome, report.rows.rejected.total()) == ("refused", 1_100)
    assert bench.db.one("SELECT count(*) FROM tickets.rejects") == 1_000


def _with_bad(stage: str, bad: int, good: int) -> bytes:
    rows = export(ticket(f"T{number}") for number in range(good))
    if stage == "reader":
        return rows + b"".join(line(f"B{number}", "x") for number in range(bad))
    ruined = export(ticket(f"1.{number}E+05") for number in range(bad))
    return rows + ruined.split(b"\r\n", 1)[1]


def test_a_long_header_is_kept_once_and_found_with_each_record(bench: Bench) -> None:
    wide = b",".join(b"column_with_a_long_name_%d" % number for number in range(1_000))
    content = export([ticket("T1")]).replace(b"\r\n", b"," + wide + b"\r\n", 1).replace(b"T1", b"," * 0 + b"T1")
    lines = content.split(b"\r\n")
    lines[1] += b"," * 1_000
    bench.loaded(b"\r\n".join([*lines[:2], b"T8,Open", b"T9,Open,open", b""]))

    stored = bench.rows("header, header_id", "tickets.rejects")
    assert {(row["header"], row["header_id"]) for row in stored} == {("", stored[0]["header_id"])}
    (header,) = bench.rows("header", "tickets.reject_headers")
    assert header["header"] == lines[0].decode()
    assert [reject.header for reject in stored_rejects(bench.db, feed="inc")] == [header["header"]] * 2


def test_of_a_very_long_record_the_beginning_is_kept(bench: Bench) -> None:
    long = b"T9," + b"x" * (KEPT + 100)
    bench.loaded(export([ticket("T1")]) + long + b"\r\n" + long + b"y\r\n")

    first, second = bench.rows("length(raw_text) AS kept, size, reason, ticket_id", "tickets.rejects", "reject_id")
    assert (first["kept"], first["size"], first["reason"], first["ticket_id"]) == (
        KEPT,
        len(long) + 1,
        "too few fields",
        "T9",
    )
    assert second["size"] == first["size"] + 1
    assert [reject.cut for reject in stored_rejects(bench.db, feed="inc")] == [True, True]
