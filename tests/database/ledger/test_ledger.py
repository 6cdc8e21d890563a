"""What fleetfeed knows of its own work: the last load, every run, every object ever listed."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from fleetfeed._version import __version__
from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database import connect
from fleetfeed.database.lock import feed_lock
from fleetfeed.model import StoredObject
from tests.kit import FEED, START, Bench, export, line, ticket


def test_the_last_load_is_described_in_full(bench: Bench) -> None:
    report = bench.loaded([ticket("T1"), ticket("T1", last_seen_at="2026-11-20 07:00")])

    assert report.snapshot is not None
    meta = bench.meta()
    loaded_at, checked_at = (datetime.fromisoformat(meta.pop(name)) for name in ("loaded_at", "checked_at"))
    assert timedelta(0) <= checked_at - loaded_at < timedelta(minutes=2)
    assert meta == {
        "source_key": "export001.csv",
        "source_etag": report.snapshot.stored.etag,
        "source_size": report.snapshot.stored.size,
        "source_mark": report.snapshot.stored.mark,
        "source_sha256": report.snapshot.sha256,
        "source_last_modified": (START + timedelta(hours=1)).isoformat(),
        "source_newest": "2026-11-19T07:00:00+00:00",
        "rows_read": 2,
        "truncated": False,
        "held": None,
        "missing_columns": [],
        "line_end": True,
        "known_statuses": ["open"],
        "new_statuses": [],
        "feed_fingerprint": FEED.fingerprint,
        "run_id": report.run_id,
    }
    assert '"' not in meta["source_etag"]


def test_an_unchanged_run_is_entered_and_only_moves_the_time_of_the_check(bench: Bench) -> None:
    bench.loaded([ticket("T1")], archive=False)
    before = bench.meta()
    report = bench.run(archive=False)

    assert (report.outcome, bench.outcomes()) == ("unchanged", ["loaded", "unchanged"])
    assert bench.meta() | {"checked_at": ""} == before | {"checked_at": ""}
    assert bench.meta()["checked_at"] >= before["checked_at"]


def test_every_outcome_is_entered_with_its_counts(bench: Bench, url: str) -> None:
    bench.run()
    bench.loaded(export([ticket("T1"), ticket("T2", is_alarm="true")]) + line("T3"))
    bench.put(b"<html>")
    bench.run()
    (bench.inbox / "export002.csv").unlink()
    bench.run()
    bench.put([ticket("T1")])
    with connect(url, "holder") as other, feed_lock(other, "inc"):
        bench.run()
    bench.run(bucket=Away(bench.inbox))
    bench.loaded([ticket("T1", owner="Amina")])

    assert bench.outcomes() == ["empty", "loaded", "refused", "empty", "busy", "failed", "loaded"]
    runs = bench.rows("*", "tickets.import_runs")
    for run in runs:
        assert run["finished_at"] >= run["started_at"]
        assert run["version"] == __version__
        assert run["host"]
        assert run["feed"] == "inc"
        assert (run["error"] is not None) == (run["outcome"] in ("refused", "failed"))
    counts = runs[1]["counts"]
    assert (counts["read"], counts["inserted"], counts["unchanged"]) == (3, 1, 0)
    assert (counts["dropped"], counts["rejected"]) == ({"alarm": 1}, {"too few fields": 1})
    assert set(runs[1]["timings"]) == {"source", "read", "normalise", "upsert", "archive", "history"}
    assert (counts["archived"], runs[6]["counts"]["archived"]) == (1, 2)
    assert (runs[1]["source_key"], bool(runs[1]["source_etag"])) == ("export001.csv", True)


def test_an_export_is_seen_then_loaded_then_archived(bench: Bench) -> None:
    first = bench.loaded([ticket("T1")], archive=False)
    assert bench.states() == {"export001.csv": "loaded"}
    bench.run()

    found = bench.rows("*", "tickets.exports")[0]
    assert first.snapshot is not None
    assert (found["state"], found["archived_key"], found["run_id"]) == ("archived", "export001.csv", first.run_id)
    assert (found["sha256"], found["etag"]) == (first.snapshot.sha256, first.snapshot.stored.etag)
    assert (found["size"], found["last_modified"]) == (first.snapshot.stored.size, START + timedelta(hours=1))


def test_exports_that_were_overtaken_are_superseded_and_archived(bench: Bench) -> None:
    for owner in ("first", "second", "third"):
        bench.put([ticket("T1", owner=owner)])
    report = bench.run()

    assert bench.one("T1", "owner") == {"owner": "third"}
    assert report.superseded_exports == ["export001.csv", "export002.csv"]
    found = bench.rows("key, state, archived_key, run_id, sha256 IS NULL AS unread", "tickets.exports")
    assert [tuple(row.values()) for row in found] == [
        ("export001.csv", "superseded", "export001.csv", report.run_id, True),
        ("export002.csv", "superseded", "export002.csv", report.run_id, True),
        ("export003.csv", "archived", "export003.csv", report.run_id, False),
    ]
    assert bench.waiting() == []


def test_an_object_that_somebody_took_away_is_gone(bench: Bench) -> None:
    bench.loaded([ticket("T1")], archive=False)
    (bench.inbox / "export001.csv").unlink()
    bench.run()

    assert bench.states() == {"export001.csv": "gone"}


def test_an_object_that_is_gone_and_back_is_seen_again(bench: Bench) -> None:
    path = bench.put([ticket("T1")], at=START)
    bench.run(archive=False)
    content = path.read_bytes()
    path.unlink()
    bench.run()
    path.write_bytes(content)
    os.utime(path, (START.timestamp(), START.timestamp()))
    report = bench.run()

    assert (report.outcome, bench.states(), bench.waiting()) == ("unchanged", {path.name: "archived"}, [])


def test_the_same_bytes_under_another_etag_are_unchanged(bench: Bench) -> None:
    bench.put([ticket("T1")], "tickets.csv")
    bench.run(archive=False)
    bench.put([ticket("T1")], "tickets.csv")
    bucket = Counting(bench.inbox)
    first = bench.run(archive=False, bucket=bucket)
    second = bench.run(archive=False, bucket=bucket)

    assert [first.outcome, second.outcome, bucket.fetched] == ["unchanged", "unchanged", 1]
    assert first.snapshot is not None
    assert bench.meta()["source_etag"] == first.snapshot.stored.etag
    assert bench.db.one("SELECT count(*) FROM tickets.exports") == 2


def test_a_name_that_is_written_again_is_an_export_of_its_own(bench: Bench) -> None:
    for owner in ("first", "second", "third"):
        bench.put([ticket("T1", owner=owner)], "tickets.csv")
        bench.run()

    found = bench.rows("archived_key, state", "tickets.exports", "last_modified")
    assert {row["state"] for row in found} == {"archived"}
    assert len({row["archived_key"] for row in found}) == 3
    assert sorted(row["archived_key"] for row in found) == bench.archived()
    texts = [(bench.archive / row["archived_key"]).read_text() for row in found]
    assert ["first" in texts[0], "second" in texts[1], "third" in texts[2]] == [True, True, True]


def test_the_same_bytes_under_the_same_name_again_are_archived_once(bench: Bench) -> None:
    for _ in range(2):
        bench.put([ticket("T1")], "tickets.csv")
        bench.run()

    assert bench.archived() == ["tickets.csv"]
    assert bench.outcomes() == ["loaded", "unchanged"]
    assert bench.rows("DISTINCT state, archived_key", "tickets.exports") == [
        {"state": "archived", "archived_key": "tickets.csv"}
    ]


def test_an_export_listed_but_missing_gives_way_to_the_next_newest(bench: Bench) -> None:
    bench.put([ticket("T1")])
    bench.put([ticket("T2")])
    report = bench.run(bucket=Forgetful(bench.inbox, "export002.csv"))

    assert report.snapshot is not None
    assert (report.outcome, report.snapshot.stored.key) == ("loaded", "export001.csv")
    assert "export002.csv" not in bench.states()


def test_an_export_that_changes_while_it_is_read_is_listed_again(bench: Bench) -> None:
    bench.put([ticket("T1", owner="first")], "tickets.csv")
    report = bench.run(bucket=Rewritten(bench, times=1))

    assert (report.outcome, bench.one("T1", "owner")) == ("loaded", {"owner": "rewritten 1"})


def test_an_export_that_never_stands_still_fails_the_run(bench: Bench) -> None:
    bench.put([ticket("T1", owner="first")], "tickets.csv")
    report = bench.run(bucket=Rewritten(bench, times=99))

    assert report.outcome == "failed"
    assert "kept changing" in str(report.error)
    assert (bench.rows(), bench.meta()) == ([], {})


class Away(FolderBucket):
    """A folder that cannot be listed."""

    def exports(self) -> list[StoredObject]:
        return FolderBucket(Path("/nowhere/at/all")).exports()


class Counting(FolderBucket):
    """A folder that counts what is fetched from it."""

    fetched = 0

    def fetch(self, stored: StoredObject, into: Path) -> str:
        self.fetched += 1
        return super().fetch(stored, into)


class Forgetful(FolderBucket):
    """A folder from which one file vanishes as soon as it is listed."""

    def __init__(self, root: Path, name: str) -> None:
        super().__init__(root)
        self._gone = root / name

    def exports(self) -> list[StoredObject]:
        found = super().exports()
        self._gone.unlink(missing_ok=True)
        return found


class Rewritten(FolderBucket):
    """A folder whose export is written anew after each of its first listings."""

    def __init__(self, bench: Bench, times: int) -> None:
        super().__init__(bench.inbox)
        self._bench, self._left, self._done = bench, times, 0

    def exports(self) -> list[StoredObject]:
        found = super().exports()
        if self._left:
            self._left, self._done = self._left - 1, self._done + 1
            self._bench.put([ticket("T1", owner=f"rewritten {self._done}")], "tickets.csv")
        return found
