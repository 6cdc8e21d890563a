"""Moving exports away: nothing is overwritten, nothing is lost, and a kill between any two steps mends itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database.ledger import runs
from fleetfeed.errors import BucketError
from fleetfeed.interfaces import Bucket
from fleetfeed.model import StoredObject
from tests.kit import DATA, Bench, export, ticket


class Killed(BaseException):
    """Ends the process at one point, as a signal would."""


class Breaking(FolderBucket):
    """A folder that ends the process, or fails, before or after one of its calls."""

    def __init__(self, root: Path, point: str, error: BaseException) -> None:
        super().__init__(root)
        self._point, self._error = point, error

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        self._at("before copy")
        super().copy_to(stored, archive, key)
        self._at("after copy")

    def delete(self, stored: StoredObject) -> None:
        self._at("before delete")
        super().delete(stored)
        self._at("after delete")

    def _at(self, point: str) -> None:
        if point == self._point:
            raise self._error


POINTS = ["before copy", "after copy", "before delete", "after delete"]


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_while_it_archives_ends_as_if_nothing_had_happened(bench: Bench, point: str) -> None:
    overtaken, newest = bench.put([ticket("T1")]).read_bytes(), bench.put([ticket("T2")]).read_bytes()
    with pytest.raises(Killed):
        bench.run(bucket=Breaking(bench.inbox, point, Killed()))
    assert bench.one("T2", "ticket_id") == {"ticket_id": "T2"}
    held = bench.picture(*DATA[:1], "ticket_changes") | {"files": None}
    report = bench.run()

    assert (report.error, report.rows.inserted) == (None, 0)
    assert bench.waiting() == []
    assert bench.archived() == ["export001.csv", "export002.csv"]
    assert (bench.archive / "export001.csv").read_bytes() == overtaken
    assert (bench.archive / "export002.csv").read_bytes() == newest
    assert bench.states() == {"export001.csv": "superseded", "export002.csv": "archived"}
    keys = bench.rows("archived_key", "tickets.exports", "key")
    assert [row["archived_key"] for row in keys] == ["export001.csv", "export002.csv"]
    assert bench.picture(*DATA[:1], "ticket_changes") | {"files": None} == held


@pytest.mark.parametrize("point", ["before copy", "before delete"])
def test_an_archive_that_fails_is_a_warning_that_the_next_run_mends(bench: Bench, point: str) -> None:
    bench.put([ticket("T1")])
    report = bench.run(bucket=Breaking(bench.inbox, point, BucketError("The folder is read-only.")))

    assert (report.outcome, report.error, report.archived) == ("loaded", None, [])
    assert any("could not be archived: The folder is read-only." in warning for warning in report.warnings)
    assert bench.one("T1", "ticket_id") == {"ticket_id": "T1"}
    assert bench.waiting() == ["export001.csv"]
    kept = bench.db.one("SELECT counts -> 'warnings' FROM tickets.import_runs WHERE run_id = %s", [report.run_id])
    assert kept == report.warnings

    mended = bench.run()
    assert (mended.outcome, mended.archived, mended.warnings) == ("unchanged", ["export001.csv"], [])
    assert (bench.waiting(), bench.states()) == ([], {"export001.csv": "archived"})


def test_what_lies_in_the_archive_is_never_overwritten(bench: Bench) -> None:
    strange = bench.archive / "export001.csv"
    strange.write_bytes(b"somebody else's")
    content = bench.put([ticket("T1")]).read_bytes()
    report = bench.run()

    assert strange.read_bytes() == b"somebody else's"
    assert report.archived != ["export001.csv"]
    assert (bench.archive / report.archived[0]).read_bytes() == content
    assert bench.waiting() == []


def test_no_name_that_is_taken_is_ever_used_twice(bench: Bench) -> None:
    content = bench.put([ticket("T1")]).read_bytes()
    stored = FolderBucket(bench.inbox).exports()[0]
    stamped = f"export001.{stored.last_modified:%Y%m%dT%H%M%SZ}-{stored.etag[:8]}"
    taken = ["export001.csv", f"{stamped}.csv", f"{stamped}-2.csv"]
    for name in taken:
        (bench.archive / name).write_bytes(name.encode())
    report = bench.run()

    assert report.archived == [f"{stamped}-3.csv"]
    assert (bench.archive / report.archived[0]).read_bytes() == content
    assert [(bench.archive / name).read_bytes() for name in taken] == [name.encode() for name in taken]


class WrittenAnew(FolderBucket):
    """A folder in which the exporter writes a name anew just before it is moved away."""

    def __init__(self, bench: Bench, call: str) -> None:
        super().__init__(bench.inbox)
        self._bench, self._call, self._fetched = bench, call, False

    def fetch(self, stored: StoredObject, into: Path) -> str:
        digest = super().fetch(stored, into)
        if self._call == "read":
            self._bench.put([ticket("T1", owner="anew")], stored.key)
        return digest

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        super().copy_to(stored, archive, key)
        if self._call == "copy":
            self._bench.put([ticket("T1", owner="anew")], stored.key)


@pytest.mark.parametrize("call", ["read", "copy"])
def test_an_export_written_anew_since_it_was_read_stays_for_the_next_run(bench: Bench, call: str) -> None:
    bench.put([ticket("T1", owner="first")], "tickets.csv")
    report = bench.run(bucket=WrittenAnew(bench, call))

    assert (report.outcome, report.archived) == ("loaded", [])
    assert any("written anew" in warning for warning in report.warnings)
    assert b"anew" in (bench.inbox / "tickets.csv").read_bytes()
    second = bench.run()
    assert (second.rows.updated, bench.one("T1", "owner"), bench.waiting()) == (1, {"owner": "anew"}, [])


class TakenAway(FolderBucket):
    """A folder from which somebody takes the export as soon as it is read."""

    def fetch(self, stored: StoredObject, into: Path) -> str:
        digest = super().fetch(stored, into)
        super().delete(stored)
        return digest


def test_an_export_that_somebody_took_away_is_done_with(bench: Bench) -> None:
    bench.put([ticket("T1")])
    report = bench.run(bucket=TakenAway(bench.inbox))

    assert (report.outcome, report.archived, report.warnings) == ("loaded", [], [])
    assert bench.states() == {"export001.csv": "gone"}
    assert bench.run().outcome == "empty"


def test_without_an_archive_every_export_stays_where_it_is(bench: Bench) -> None:
    for owner in ("first", "second"):
        bench.put([ticket("T1", owner=owner)])
    report = bench.run(archive=False)

    assert (list(report.archived), bench.archived()) == ([], [])
    assert bench.waiting() == ["export001.csv", "export002.csv"]
    assert bench.states() == {"export001.csv": "superseded", "export002.csv": "loaded"}


def test_only_what_was_dealt_with_is_moved(bench: Bench) -> None:
    bench.put([ticket("T1"), ticket("T2")], "complete.csv")
    stop = ticket("EXPORT STOPPED", source_updated_at="")
    bench.put(export([ticket("T1", owner="Amina"), stop]), "truncated.csv")
    bench.run()

    assert (bench.archived(), bench.waiting()) == (["complete.csv"], ["truncated.csv"])
    assert bench.states() == {"complete.csv": "archived", "truncated.csv": "seen"}


def test_other_files_of_the_folder_are_left_alone(bench: Bench) -> None:
    (bench.inbox / "README.txt").write_text("not an export")
    bench.loaded([ticket("T1")])

    assert (bench.inbox / "README.txt").exists()
    assert bench.archived() == ["export001.csv"]


def test_the_ledger_names_the_copy_before_the_export_is_deleted(bench: Bench) -> None:
    bench.put([ticket("T1")])
    with pytest.raises(Killed):
        bench.run(bucket=Breaking(bench.inbox, "before delete", Killed()))

    (found,) = runs.in_bucket(bench.db, "inc", ("archived",))
    assert found[3] == "export001.csv"
    assert bench.waiting() == bench.archived() == ["export001.csv"]
