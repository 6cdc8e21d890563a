"""Neither an ETag nor a key nor the answer to HEAD shows which bytes an object holds."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetfeed.database.ledger.rejects import stored_rejects
from fleetfeed.plugins.rules import rules
from tests.database.ledger.test_ledger import Counting
from tests.kit import FEED, Bench, line, ticket
from tests.pipeline.identity import ONE, OTHER, TWO, run, tickets
from tests.pipeline.weak_store import WeakStore


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


def test_a_weak_etag_is_no_condition(bench: Bench, store: WeakStore) -> None:
    store.etag = 'W/"abc"'
    store.put("a.csv", ONE)
    assert run(bench, store).archived == ["inc/processed/a.csv"]
    assert not any("If-Match" in asked.headers for asked in store.server.asked)


def test_each_load_keeps_the_digests_of_its_bytes_and_rules(bench: Bench, store: WeakStore) -> None:
    store.put("a.csv", ONE)
    run(bench, store)
    run(bench, store)  # reads nothing, and so by no rules
    (loaded, unchanged) = bench.db.all("SELECT outcome, source_sha256, rules FROM tickets.import_runs ORDER BY run_id")
    assert loaded == ("loaded", hashlib.sha256(ONE).hexdigest(), rules(FEED, bench.manager()))
    assert unchanged[2] is None
