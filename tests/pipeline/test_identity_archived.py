"""Exports are archived and deleted as what they are, whatever a store says of them."""

from __future__ import annotations

from itertools import count

import pytest

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.model import StoredObject
from tests.fault_server import Answer, Asked, error
from tests.kit import Bench, ticket
from tests.pipeline.identity import ONE, OTHER, run, tickets
from tests.pipeline.weak_store import WeakStore


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
