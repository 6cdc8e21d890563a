"""Whole exports that are refused: nothing but the ledger's own row is written, and the next good one loads."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.errors import BucketError, ExportRefused
from fleetfeed.model import StoredObject
from tests.kit import DATA, Bench, export, line, ticket

GOOD = export([ticket("T1"), ticket("T2")])
STOP = line("EXPORT STOPPED at 3 rows")


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("export.csv", GOOD)
    return out.getvalue()


REFUSED = {
    "blank lines only": (b"\r\n\r\n", "holds no header"),
    "no key column": (GOOD.replace(b"ticket_id", b"id", 1), "does not name 'ticket_id'"),
    "another separator": (GOOD.replace(b",", b";"), "separated by ';'"),
    "a key twice": (GOOD.replace(b"assigned_team", b"ticket_id", 1), "names 'ticket_id' twice"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without a BOM": (GOOD.decode().encode("utf-16-le"), "UTF-16"),
    "a header in Latin-1": (GOOD.replace(b"department", b"d\xe9partement", 1), "header is not UTF-8"),
    "HTML": (b"<!DOCTYPE html><html><body>503</body></html>", "HTML"),
    "XML after a blank line": (b"\n<Error><Code>AccessDenied</Code></Error>", "HTML or XML"),
    "JSON": (b'{"error": "expired"}', "JSON"),
    "gzip": (gzip.compress(GOOD), "gzip"),
    "ZIP": (_zip(), "ZIP"),
    "an unclosed quote": (
        export([ticket("T1")]) + GOOD.split(b"\r\n")[1].replace(b"Field A", b'"Field A') + b"\r\n" + GOOD,
        "record 2 on line 3 opens a quote that is not closed and swallows 2 more lines",
    ),
    "an unclosed quote in the header": (
        GOOD.replace(b"department", b'"department', 1),
        "its header has text after a closing quote",
    ),
    "a header and no record": (export([]), "not one record that could be accepted"),
    "only rejected records": (export([]) + line("T1", "x") + line("T2"), "not one record that could be accepted"),
    "only ruined keys": (export([ticket(""), ticket("1E+5")]), "not one record that could be accepted"),
    "only a sentinel": (export([]) + STOP, "not one record that could be accepted"),
    "older than loaded": (
        export([ticket("T1", source_updated_at="2026-11-18 09:00")]),
        "its newest `source_updated_at` is 2026-11-18 09:00:00 EAT, older than 2026-11-19 10:00:00 EAT",
    ),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_export_changes_nothing_and_the_next_one_loads(bench: Bench, content: bytes, why: str) -> None:
    bench.loaded([ticket("T1"), ticket("T0")])
    before = bench.picture(*DATA)
    path = bench.put(content, "bad.csv")
    report = bench.run()

    error = report.error
    assert isinstance(error, ExportRefused)
    assert why in error.cause
    assert error.effect == "Nothing of it was loaded; the table and the bucket are as they were."
    assert error.next_step
    assert path.read_bytes() == content
    assert bench.waiting() == ["bad.csv"]
    bad, after = str(path), bench.picture(*DATA)
    assert after["files"] == before["files"] | {bad: path.stat().st_mtime_ns}  # type: ignore[operator]
    assert after | {"files": None} == before | {"files": None}
    run = bench.rows("outcome, source_key, error, finished_at", f"tickets.import_runs WHERE run_id = {report.run_id}")
    assert (run[0]["outcome"], run[0]["source_key"], run[0]["error"]) == ("refused", "bad.csv", str(error))
    assert run[0]["finished_at"] is not None
    assert bench.states()["bad.csv"] == "refused"
    assert bench.run().outcome == "refused"

    good = bench.loaded([ticket("T1"), ticket("T2")])
    assert (good.outcome, good.rows.inserted) == ("loaded", 1)
    assert bench.waiting() == []
    assert bench.states()["bad.csv"] == "refused"
    assert "bad.csv" in bench.archived()
    assert (bench.archive / "bad.csv").read_bytes() == content


def test_an_empty_file_named_by_hand_is_refused(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.touch()
    report = bench.run(file=path)

    assert isinstance(report.error, ExportRefused)
    assert "the file is empty" in report.error.cause


def test_an_empty_file_in_the_bucket_is_an_upload_under_way_and_no_export(bench: Bench) -> None:
    bench.put(b"")

    assert bench.run().outcome == "empty"
    assert bench.waiting() == ["export001.csv"]


def test_an_older_export_is_loaded_when_that_is_meant(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1", owner="Amina", source_updated_at="2026-11-18 09:00")])
    assert "--allow-older" in str(bench.run().error)

    report = bench.run(allow_older=True)
    assert (report.outcome, report.rows.updated) == ("loaded", 1)
    assert bench.states() == {"export001.csv": "archived", "export002.csv": "archived"}


def test_an_export_as_old_as_the_loaded_one_is_loaded(bench: Bench) -> None:
    bench.loaded([ticket("T1")])

    assert bench.loaded([ticket("T1", owner="Amina")]).outcome == "loaded"


def test_an_export_without_any_winner_time_is_loaded(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    report = bench.loaded([ticket("T1", source_updated_at="", last_seen_at="")])

    assert report.outcome == "loaded"
    assert bench.meta()["source_newest"].startswith("2026-11-19T07:00:00")


def test_a_refused_dry_run_writes_nothing_at_all(bench: Bench) -> None:
    bench.put(b"<html>")
    before = bench.picture(*DATA, "import_runs", "exports", "rejects")
    report = bench.run(apply=False)

    assert report.outcome == "refused"
    assert bench.picture(*DATA, "import_runs", "exports", "rejects") == before


def test_an_unread_complete_export_is_loaded_before_a_truncated_newest_one(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")])
    bench.put([ticket("T1"), ticket("T2")], "complete.csv")
    bench.put(export([ticket("T1", owner="Amina")]) + STOP, "truncated.csv")
    first, second, third = bench.run(), bench.run(), bench.run()

    assert first.snapshot is not None
    assert (first.snapshot.stored.key, first.truncated, first.rows.absent) == ("complete.csv", False, 1)
    assert second.snapshot is not None
    assert (second.snapshot.stored.key, second.truncated, second.rows.absent) == ("truncated.csv", True, 0)
    assert (second.rows.updated, third.outcome) == (1, "empty")
    assert bench.states() == dict.fromkeys(["export001.csv", "complete.csv", "truncated.csv"], "archived")


def test_the_complete_one_comes_first_with_no_archive_too(bench: Bench) -> None:
    bench.put([ticket("T1"), ticket("T2")], "complete.csv")
    bench.put(export([ticket("T1", owner="Amina")]) + STOP, "truncated.csv")
    runs = [bench.run(archive=False) for _ in range(3)]

    assert [run.outcome for run in runs] == ["loaded", "loaded", "unchanged"]
    assert [run.truncated for run in runs[:2]] == [False, True]
    assert bench.states() == {"complete.csv": "loaded", "truncated.csv": "loaded"}


def test_a_truncated_export_is_loaded_where_only_a_refused_one_is_older(bench: Bench) -> None:
    bench.put(b"<html>", "bad.csv")
    bench.run()
    bench.put(export([ticket("T1")]) + STOP, "truncated.csv")
    report = bench.run()

    assert (report.outcome, report.truncated) == ("loaded", True)
    assert bench.states() == {"bad.csv": "refused", "truncated.csv": "archived"}


class CutShort(FolderBucket):
    """Deliver fewer bytes than the listing said, without a word."""

    def fetch(self, stored: StoredObject, into: Path) -> str:
        digest = super().fetch(stored, into)
        into.write_bytes(into.read_bytes()[: stored.size // 2])
        return digest


class Vanishing(FolderBucket):
    """Fail to deliver at all."""

    def fetch(self, stored: StoredObject, into: Path) -> str:
        raise BucketError("The store is away.", next_step="Run again.")


def test_a_store_that_is_away_fails_the_run_and_leaves_everything(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T2")])
    before = bench.picture(*DATA)
    report = bench.run(bucket=Vanishing(bench.inbox))

    assert (report.outcome, str(report.error)) == ("failed", "The store is away. Nothing was written. Run again.")
    assert bench.picture(*DATA) == before
    assert bench.run().outcome == "loaded"


def test_another_length_than_the_store_said_is_refused(bench: Bench) -> None:
    bench.put(GOOD)
    report = bench.run(bucket=CutShort(bench.inbox))

    assert report.outcome == "refused"
    assert f"came with {len(GOOD) // 2:,} bytes, but the store said {len(GOOD):,}" in str(report.error)
    assert bench.rows() == []
    assert bench.run().outcome == "loaded"


def test_what_was_found_in_a_refused_export_is_kept(bench: Bench) -> None:
    bench.loaded([ticket("T1", source_updated_at="2026-11-19 12:00:00")])
    bench.put(export([ticket("T1", owner="A\0mina", source_updated_at="2026-11-19 11:00:00")]))
    report = bench.run()

    assert "older than" in str(report.error)
    assert report.warnings == ["1 NUL character was taken out of the export"]
    stored = bench.rows("counts", f"tickets.import_runs WHERE run_id = {report.run_id}")[0]["counts"]
    assert (stored["warnings"], report.newest is not None) == (report.warnings, True)
