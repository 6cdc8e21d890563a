"""Ways in which data could be lost without a word, each tried once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleetfeed import RunReport, hookimpl
from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.buckets.single import SingleFile
from fleetfeed.errors import BucketError, ObjectChanged
from fleetfeed.model import Row, StoredObject, Ticket
from fleetfeed.reader.export import opened
from fleetfeed.text.redact import remember
from tests.kit import FEED, Bench, export, ticket


def test_an_archived_export_that_is_put_back_is_not_deleted_without_a_copy(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    content = (bench.archive / "export001.csv").read_bytes()
    (bench.archive / "export001.csv").rename(bench.inbox / "export001.csv")
    assert bench.run().outcome == "unchanged"
    assert bench.waiting() == []
    assert (bench.archive / "export001.csv").read_bytes() == content


class Stuck(FolderBucket):
    """A store that refuses to copy one object."""

    def copy_to(self, stored: StoredObject, archive: object, key: str) -> None:
        if stored.key == "stuck.csv":
            raise BucketError("It is stuck.")
        super().copy_to(stored, archive, key)  # type: ignore[arg-type]


def test_one_export_that_cannot_be_moved_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.put([ticket("T1")], "stuck.csv")
    bench.put([ticket("T2")], "free.csv")
    report = bench.run(bucket=Stuck(bench.inbox))
    assert (report.outcome, report.archived, bench.waiting()) == ("loaded", ["free.csv"], ["stuck.csv"])
    assert report.warnings == ["stuck.csv could not be archived: It is stuck. (the next run tries again)"]


class BrokenArchive:
    @hookimpl
    def feed_archive(self) -> list[str]:
        raise ValueError("a plugin's fault")


def test_an_archive_plugin_that_breaks_leaves_the_load_committed(bench: Bench) -> None:
    report = bench.loaded([ticket("T1")], plugins=[BrokenArchive()])
    assert report.outcome == "loaded"
    assert "ValueError: a plugin's fault" in report.warnings[0]
    assert bench.outcomes() == ["loaded"]


class Teller:
    @hookimpl
    def feed_history(self, run: RunReport) -> None:
        raise RuntimeError("https://example.org/hook?token=canary-of-a-listener")


def test_a_secret_in_a_listeners_error_does_not_reach_the_database(bench: Bench) -> None:
    remember("canary-of-a-listener")
    assert bench.loaded([ticket("T1")], plugins=[Teller()]).warnings
    assert "canary" not in bench.db.one("SELECT string_agg(r::text, ' ') FROM tickets.import_runs r")


class OtherPlace:
    @hookimpl(wrapper=True)
    def feed_normalise(self, row: Row) -> Iterator[None]:
        found: Ticket = yield  # type: ignore[assignment]
        return replace(found, location_key="elsewhere")  # type: ignore[return-value]


def test_another_location_key_reaches_rows_whose_document_is_equal(bench: Bench) -> None:
    rows = [ticket("T1")]
    bench.loaded(rows)
    bench.feed = replace(FEED, revision=2)
    report = bench.loaded(rows, plugins=[OtherPlace()])
    assert (report.rows.unchanged, bench.one("T1", "location_key")["location_key"]) == (1, "elsewhere")


def _read_for_long(path: Path) -> None:
    with opened(FEED, path) as reader:
        reader._db.execute("SET threads = 1")  # so that it is this thread that works, and is asked for signals
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        reader._one("SELECT sum(range * 2) FROM range(3000000000)")


def test_a_signal_while_the_reader_is_at_work_ends_the_run(tmp_path: Path) -> None:
    """DuckDB turns what a handler raises into an error of its own, which would pass for a fault of fleetfeed."""
    path = tmp_path / "export.csv"
    path.write_bytes(export(ticket(f"T{number}") for number in range(1_000)))

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with pytest.raises(KeyboardInterrupt):
            _read_for_long(path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_file_changed_after_the_listing_is_not_the_listed_one(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(export([ticket("T1")]))
    bucket = SingleFile(path)
    (stored,) = bucket.exports()
    path.write_bytes(export([ticket("T2")]))
    os.utime(path, (1, 1))
    with pytest.raises(ObjectChanged):
        bucket.fetch(stored, tmp_path / "copy")


def test_removed_characters_are_reported_whenever_the_export_is_opened(bench: Bench) -> None:
    bench.put([ticket("T1")])
    bench.put(export([ticket("T1", owner="A\0B")]))
    report = bench.run()
    assert "1 NUL character was taken out of the export" in report.warnings


def test_a_refused_export_counts_its_rejects_once_and_no_write(bench: Bench) -> None:
    bench.put(export([ticket("T1")]) + b"short,line\r\n" * 60)
    for _ in range(3):
        report = bench.run()
        assert (report.outcome, report.rows.inserted) == ("refused", 0)
    assert [row["times"] for row in bench.rows("times", "tickets.rejects")] == [60]


def test_an_export_of_nothing_but_alarms_makes_no_ticket_absent(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1", is_alarm="true", source_updated_at="2026-11-20 10:00:00")])
    assert bench.run().outcome == "refused"
    assert bench.one("T1", "absent_since")["absent_since"] is None
