"""Neither an ETag nor a key nor the answer to HEAD tells which bytes an object holds."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database.ledger.rejects import stored_rejects
from fleetfeed.model import RunReport, StoredObject
from fleetfeed.plugins.rules import rules
from tests.database.ledger.test_ledger import Counting
from tests.fault_server import Answer, Asked, error
from tests.kit import FEED, Bench, export, line, ticket
from tests.pipeline.weak_store import WeakStore, weak_store

ONE, TWO, OTHER = (export([ticket(key) for key in keys]) for keys in (["T1"], ["T1", "T2"], ["T3"]))


@pytest.fixture
def store() -> Iterator[WeakStore]:
    with weak_store() as found:
        yield found


def run(bench: Bench, store: WeakStore, *, archive: bool = True, **options: Any) -> RunReport:
    return bench.run(bucket=store.inbox, archive=store.archive if archive else False, **options)


def tickets(bench: Bench) -> list[str]:
    return [row["ticket_id"] for row in bench.rows("ticket_id")]


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize("name", ["b.csv", "a.csv"])
def test_other_bytes_under_an_equal_etag_are_read(bench: Bench, store: WeakStore, name: str, archive: bool) -> None:
    for file, body, read in (("a.csv", ONE, ["T1"]), (name, TWO, ["T1", "T2"]), (name, OTHER, ["T1", "T2", "T3"])):
        store.put(file, body)
        assert run(bench, store, archive=archive).outcome == "loaded"
        assert tickets(bench) == read
    held = [body for body, _ in store.objects.values()]
    assert not archive or sorted(held) == sorted([ONE, TWO, OTHER])


def test_the_same_object_is_unchanged_by_its_listing_alone(bench: Bench, store: WeakStore) -> None:
    store.put("a.csv", ONE)
    run(bench, store, archive=False)
    store.asked("")
    assert run(bench, store, archive=False).outcome == "unchanged"
    assert store.asked("GET") == ["/tickets"]
    assert len(store.server.asked) == 0


def test_the_same_bytes_in_a_new_object_are_read_once(bench: Bench, store: WeakStore) -> None:
    for _ in range(2):
        store.put("a.csv", ONE)
        outcome = run(bench, store, archive=False).outcome
    store.asked("")
    assert (outcome, run(bench, store, archive=False).outcome) == ("unchanged", "unchanged")
    assert store.asked("GET") == ["/tickets"]


def test_what_older_versions_knew_of_the_last_load_is_enough(bench: Bench) -> None:
    bench.loaded([ticket("T1")], archive=False)
    bench.db.execute("UPDATE tickets.import_meta SET metadata = metadata - 'source_size' - 'source_sha256'")
    assert bench.run(archive=False).outcome == "unchanged"


def test_two_writings_in_one_second_are_two_exports(bench: Bench, store: WeakStore) -> None:
    store.put("a.csv", ONE)
    run(bench, store, archive=False)
    store.objects["inc/a.csv"] = TWO, store.objects["inc/a.csv"][1]
    assert run(bench, store).outcome == "loaded"
    assert [row["size"] for row in bench.rows("size", "tickets.exports")] == [len(ONE), len(TWO)]
    assert store.objects.keys() == {"inc/processed/a.csv"}


def _write_over(path: Path) -> None:
    found = path.stat()
    path.write_bytes(OTHER)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _replace(path: Path) -> None:
    beside = path.with_suffix(".txt")
    shutil.copy2(path, beside)
    _write_over(beside)
    beside.rename(path)


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("write", [_write_over, _replace])
def test_other_bytes_of_the_same_size_and_time_are_read(
    bench: Bench, write: Callable[[Path], None], pieces: bool
) -> None:
    path = bench.put(ONE, "latest.csv")
    bench.run(archive=False)
    write(path)
    assert bench.run(archive=False, pieces=pieces).outcome == "loaded"
    assert tickets(bench) == ["T1", "T3"]


def _older_version(bench: Bench, _: Path) -> None:
    bench.db.execute("UPDATE tickets.import_meta SET metadata = metadata - 'source_mark'")


def _copied(_: Bench, path: Path) -> None:
    shutil.copy2(path, path.with_suffix(".txt"))
    path.with_suffix(".txt").rename(path)


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize(("change", "fetched"), [(_older_version, 0), (_copied, 1)])
def test_a_file_that_only_looks_different_is_read_once_at_most(
    bench: Bench, change: Callable[[Bench, Path], None], fetched: int, pieces: bool
) -> None:
    paths = [bench.put(content) for content in (ONE, OTHER)]
    for _ in range(2):
        bench.run(archive=False, pieces=pieces)
    for path in paths:
        change(bench, path)
    before, bucket = bench.versions(), Counting(bench.inbox)
    outcomes = [bench.run(archive=False, pieces=pieces, bucket=bucket).outcome for _ in range(2)]
    assert (outcomes, bench.versions()) == (["unchanged"] * 2, before)
    assert bucket.fetched == (2 * fetched if pieces else fetched)


def test_a_reject_has_the_time_of_the_writing_that_it_came_with(bench: Bench, store: WeakStore) -> None:
    store.put("a.csv", ONE + line("T9", "Open"))
    run(bench, store, archive=False)
    store.put("a.csv", TWO)
    run(bench, store, archive=False)
    (reject,) = stored_rejects(bench.db, feed="inc")
    listed = bench.rows("last_modified, size", "tickets.exports", "last_modified")
    assert (reject.export.last_modified, reject.export.size) == tuple(listed[0].values())


@pytest.mark.parametrize("lie", ["equal size", "every name"])
def test_a_copy_that_head_only_claims_deletes_nothing(bench: Bench, store: WeakStore, lie: str) -> None:
    store.put("a.csv", ONE)

    def claim(asked: Asked) -> Answer | None:
        if asked.method != "HEAD" or "/processed/a" not in asked.path:
            return None
        if lie == "equal size" and asked.path != "/tickets/inc/processed/a.csv":
            return None
        headers = {"ETag": store.etag, "Last-Modified": "Mon, 23 Nov 2026 06:20:00 GMT"}
        return Answer(headers=headers, length=len(ONE))

    store.before = claim
    report = run(bench, store)
    copies = [body for key, (body, _) in store.objects.items() if "processed" in key]
    if lie == "equal size":
        assert (copies, len(report.archived)) == ([ONE], 1)
    else:
        assert "No name is free" in report.warnings[0]
        assert (store.objects["inc/a.csv"][0], report.archived) == (ONE, [])


def test_a_copy_of_other_bytes_is_not_the_export(bench: Bench, store: WeakStore) -> None:
    store.put("processed/a.csv", OTHER)
    store.put("a.csv", ONE)
    assert len(OTHER) == len(ONE)
    (key,) = run(bench, store).archived
    assert (store.objects["inc/processed/a.csv"][0], store.objects[key][0]) == (OTHER, ONE)


@pytest.mark.parametrize("broken", [b"", ONE[:-1], OTHER])
def test_a_copy_that_holds_other_bytes_than_were_copied_deletes_nothing(
    bench: Bench, store: WeakStore, broken: bytes
) -> None:
    store.put("a.csv", ONE)

    def spoil(asked: Asked) -> Answer | None:
        if asked.method == "PUT":
            store.objects[asked.path.removeprefix("/tickets/")] = broken, store.objects["inc/a.csv"][1]
            return Answer(b"<CopyObjectResult/>")
        return None

    store.before = spoil
    report = run(bench, store)
    assert "could not be archived" in report.warnings[0]
    assert store.objects["inc/a.csv"][0] == ONE


@pytest.mark.parametrize(("method", "number"), [("PUT", 0), ("HEAD", 1), ("HEAD", 4)])
def test_equal_size_and_etag_do_not_hide_a_writing_while_it_is_archived(
    bench: Bench, store: WeakStore, method: str, number: int
) -> None:
    store.put("latest.csv", ONE)
    times = count()

    def rewrite(asked: Asked) -> None:
        if asked.method == method and next(times) == number:
            store.put("latest.csv", OTHER)

    store.before = rewrite
    assert run(bench, store).archived == []
    assert store.objects["inc/latest.csv"][0] == OTHER
    store.before = lambda asked: None
    assert run(bench, store).outcome == "loaded"
    assert tickets(bench) == ["T1", "T3"]


@pytest.mark.parametrize("code", ["NotImplemented", "PreconditionFailed", "InvalidArgument"])
def test_a_store_that_cannot_compare_deletes_after_a_second_look(bench: Bench, store: WeakStore, code: str) -> None:
    store.put("a.csv", ONE)
    store.before = lambda asked: error(code, 400) if "If-Match" in asked.headers else None
    assert run(bench, store).archived == ["inc/processed/a.csv"]
    assert store.objects.keys() == {"inc/processed/a.csv"}


def test_a_weak_etag_is_no_condition(bench: Bench, store: WeakStore) -> None:
    store.etag = 'W/"abc"'
    store.put("a.csv", ONE)
    assert run(bench, store).archived == ["inc/processed/a.csv"]
    assert not any("If-Match" in asked.headers for asked in store.server.asked)


def test_each_writing_of_one_key_is_copied_once_where_exports_stay(bench: Bench, store: WeakStore) -> None:
    for body in (ONE, OTHER):
        store.put("latest.csv", body)
        assert len(run(bench, store, archive_copies=True).archived) == 1
        store.asked("")
        again = run(bench, store, archive_copies=True)
        assert (again.outcome, again.archived, again.warnings) == ("unchanged", [], [])
        assert [asked.method for asked in store.server.asked] == ["GET"]
    copies = [body for key, (body, _) in store.objects.items() if "processed" in key]
    assert (copies, store.objects["inc/latest.csv"][0]) == ([ONE, OTHER], OTHER)
    assert {row["state"] for row in bench.rows("state", "tickets.exports")} == {"archived"}


def test_copies_of_files_are_made_once_and_moving_takes_them_up(bench: Bench) -> None:
    for name in ("old.csv", "new.csv"):
        bench.put([ticket("T1", owner=name)], name)
    assert len(bench.run(archive_copies=True).archived) == 2
    assert (bench.waiting(), bench.archived()) == (["new.csv", "old.csv"], ["new.csv", "old.csv"])
    copied = {path.name: path.stat().st_ino for path in bench.archive.iterdir()}
    assert bench.run(archive_copies=True).archived == []
    assert len(bench.run().archived) == 2
    assert (bench.waiting(), {path.name: path.stat().st_ino for path in bench.archive.iterdir()}) == ([], copied)


class WrittenLast(FolderBucket):
    """A folder whose exporter writes a file anew as the last thing before it is deleted."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.inbox)
        self._bench = bench

    def delete(self, stored: StoredObject) -> None:
        self._bench.put(OTHER, "latest.csv")
        super().delete(stored)


def test_a_file_that_is_written_anew_before_it_is_deleted_stays(bench: Bench) -> None:
    bench.put(ONE, "latest.csv")
    report = bench.run(bucket=WrittenLast(bench))
    assert (report.archived, "written anew" in report.warnings[0]) == ([], True)
    bench.run()
    assert tickets(bench) == ["T1", "T3"]


def test_each_load_keeps_the_digests_of_its_bytes_and_rules(bench: Bench, store: WeakStore) -> None:
    store.put("a.csv", ONE)
    run(bench, store)
    run(bench, store)  # reads nothing, and so by no rules
    (loaded, unchanged) = bench.db.all("SELECT outcome, source_sha256, rules FROM tickets.import_runs ORDER BY run_id")
    assert loaded == ("loaded", hashlib.sha256(ONE).hexdigest(), rules(FEED, bench.manager()))
    assert unchanged[2] is None
