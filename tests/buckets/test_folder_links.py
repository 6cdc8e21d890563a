"""Links and pipes in a folder are no exports."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.buckets.single import SingleFile
from fleetfeed.errors import BucketError
from tests.buckets.folders import put


def test_links_are_not_followed_and_named_once(root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(root, "a.csv")
    (tmp_path / "secret").write_bytes(b"root:x:0\n")
    for name, target in (("link.csv", tmp_path / "secret"), ("loop.csv", root / "loop.csv"), ("b.csv", root / "a.csv")):
        (root / name).symlink_to(target)
    bucket = FolderBucket(root)
    assert [[stored.key for stored in bucket.exports()] for _ in range(2)] == [["a.csv"], ["a.csv"]]
    assert bucket.stat("link.csv") is None
    assert [record.getMessage() for record in caplog.records] == [
        f"{root}: links are not followed: b.csv, link.csv, loop.csv"
    ]


def test_a_file_that_becomes_a_link_after_the_listing_is_not_read(root: Path, tmp_path: Path) -> None:
    stored = put(root, "a.csv")
    (tmp_path / "secret").write_bytes(b"hello")
    (root / "a.csv").unlink()
    (root / "a.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(BucketError, match="cannot be read"):
        FolderBucket(root).fetch(stored, tmp_path / "spool")
    assert not (tmp_path / "spool").exists()


def test_a_pipe_is_no_export_and_waits_for_nobody(root: Path, tmp_path: Path) -> None:
    os.mkfifo(root / "pipe.csv")
    stored = put(root, "a.csv")
    assert FolderBucket(root).exports() == [stored]
    (root / "a.csv").unlink()
    os.mkfifo(root / "a.csv")
    with pytest.raises(BucketError):
        FolderBucket(root).fetch(stored, tmp_path / "spool")


def test_a_link_that_is_named_by_hand_is_meant(root: Path, tmp_path: Path) -> None:
    put(root, "a.csv")
    (tmp_path / "latest.csv").symlink_to(root / "a.csv")
    bucket = SingleFile(tmp_path / "latest.csv")
    (stored,) = bucket.exports()
    assert stored.key == "file:latest.csv"
    assert bucket.fetch(stored, tmp_path / "spool") == hashlib.sha256(b"hello").hexdigest()


def test_a_pipe_named_by_hand_is_refused_and_not_taken_for_no_export(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(BucketError, match="is no regular file"):
        SingleFile(tmp_path / "pipe.csv").exports()
