"""None"""

from __future__ import annotations

import hashlib
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleetfeed.buckets import open_bucket, stored_file
from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.errors import BucketError, ConfigError, ObjectChanged, ObjectMissing, UsageError
from tests.buckets.folders import put

ODD_NAMES = ["tick ets.csv", "données é.csv", "50%25.csv", "a+b.csv", "a#b.csv", "a?b.csv"]


def test_lists_only_exports_the_newest_last(root: Path) -> None:
    for name, modified in (("a.csv", 30), ("c.csv", 10), ("B.CSV", 10), ("a.csv.part", 40), ("a.txt", 40)):
        put(root, name, modified=modified)
    put(root, "empty.csv", b"")
    (root / "sub.csv").mkdir()
    assert [stored.key for stored in FolderBucket(root).exports()] == ["B.CSV", "c.csv", "a.csv"]


def test_describes_a_file(root: Path) -> None:
    stored = put(root, "a.csv")
    assert stored.last_modified == datetime.fromtimestamp(1_763_900_000.25, UTC)
    found = (root / "a.csv").stat()
    assert (stored.etag, stored.size) == (f"{1_763_900_000_250_000_000:x}-5", 5)
    assert stored.mark == f"{found.st_ctime_ns:x}-{found.st_ino:x}"
    assert FolderBucket(root).exports() == [stored]
    assert FolderBucket(root).stat("b.csv") is None


@pytest.mark.parametrize("in_place", [True, False])
def test_other_bytes_with_the_size_and_time_of_before_are_another_object(root: Path, in_place: bool) -> None:
    before = put(root, "a.csv")
    if in_place:
        after = put(root, "a.csv", b"HELLO")
    else:  # as `cp -p` and a rename leave it
        put(root, "b.txt", b"HELLO")
        (root / "b.txt").rename(root / "a.csv")
        (after,) = FolderBucket(root).exports()
    assert before == after
    assert before.mark != after.mark
    with pytest.raises(ObjectChanged):
        FolderBucket(root).delete(before)


def test_a_missing_folder_is_not_an_empty_one(tmp_path: Path) -> None:
    bucket = open_bucket("file://nowhere/", project=tmp_path)
    with pytest.raises(BucketError, match="nowhere cannot be listed: No such file"):
        bucket.exports()
    (tmp_path / "nowhere").write_bytes(b"")
    with pytest.raises(BucketError, match="nowhere cannot be listed: Not a directory"):
        bucket.exports()


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_go_all_the_way(root: Path, tmp_path: Path, name: str) -> None:
    stored = put(root, name)
    bucket, archive = FolderBucket(root), FolderBucket(root / "processed")
    assert bucket.exports() == [stored]
    assert bucket.fetch(stored, tmp_path / "spool") == hashlib.sha256(b"hello").hexdigest()
    bucket.copy_to(stored, archive, archive.key_for(name))
    bucket.delete(stored)
    assert (bucket.exports(), archive.exports()) == ([], [stored])
    assert [path.name for path in (root / "processed").iterdir()] == [name]


def test_fetches_every_byte(root: Path, tmp_path: Path) -> None:
    body = bytes(range(256)) * 10_000
    digest = FolderBucket(root).fetch(put(root, "a.csv", body), tmp_path / "spool")
    assert (tmp_path / "spool").read_bytes() == body
    assert digest == hashlib.sha256(body).hexdigest()


def test_a_file_changed_or_gone_after_the_listing_is_noticed(root: Path, tmp_path: Path) -> None:
    bucket, archive, stored = FolderBucket(root), FolderBucket(root / "processed"), put(root, "a.csv")
    put(root, "a.csv", b"HELLO", modified=1_763_900_001)
    for attempt in (
        lambda: bucket.fetch(stored, tmp_path / "spool"),
        lambda: bucket.copy_to(stored, archive, "a.csv"),
        lambda: bucket.delete(stored),
    ):
        with pytest.raises(ObjectChanged):
            attempt()
    assert (root / "a.csv").read_bytes() == b"HELLO"
    (root / "a.csv").unlink()
    bucket.delete(stored)
    for attempt in (lambda: bucket.fetch(stored, tmp_path / "spool"), lambda: bucket.copy_to(stored, archive, "a.csv")):
        with pytest.raises(ObjectMissing):
            attempt()
    assert not (tmp_path / "spool").exists()
    assert list((root / "processed").iterdir()) == []


def test_a_file_that_changes_while_it_is_read_is_noticed(root: Path, tmp_path: Path) -> None:
    stored = put(root, "a.csv", b"x" * (3 << 20))
    # A pipe in the place of the spool holds the reading up for as long as the test likes.
    pipe = tmp_path / "spool.part"
    os.mkfifo(pipe)
    changed: list[int] = []

    def change_after_the_first_byte() -> None:
        with pipe.open("rb", buffering=0) as spool:
            changed.append(len(spool.read(1)))
            with (root / "a.csv").open("ab") as file:
                file.write(b"more")
            while spool.read(1 << 16):
                pass

    thread = threading.Thread(target=change_after_the_first_byte)
    thread.start()
    with pytest.raises(ObjectChanged):
        FolderBucket(root).fetch(stored, tmp_path / "spool")
    thread.join()
    assert changed == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["inc"]


def test_a_copy_keeps_the_time(root: Path) -> None:
    stored, archive = put(root, "a.csv"), FolderBucket(root / "processed")
    FolderBucket(root).copy_to(stored, archive, "b.csv")
    assert (root / "processed" / "b.csv").stat().st_mtime == 1_763_900_000.25
    assert (root / "a.csv").exists()


def test_a_copy_never_overwrites(root: Path) -> None:
    stored, archive = put(root, "a.csv"), FolderBucket(root / "processed")
    (root / "processed").mkdir()
    put(root / "processed", "a.csv", b"older")  # of the size and the time of the other
    with pytest.raises(BucketError, match="exists already"):
        FolderBucket(root).copy_to(stored, archive, "a.csv")
    assert (root / "processed" / "a.csv").read_bytes() == b"older"
    assert [path.name for path in (root / "processed").iterdir()] == ["a.csv"]


def test_the_same_copy_twice_is_fine(root: Path) -> None:
    stored, archive = put(root, "a.csv"), FolderBucket(root / "processed")
    for _ in range(2):
        FolderBucket(root).copy_to(stored, archive, "a.csv")
    assert archive.exports() == [stored]


def test_refuses_to_copy_to_another_store_or_onto_itself(root: Path, tmp_path: Path) -> None:
    stored = put(root, "a.csv")
    (tmp_path / "alias").symlink_to(root)
    s3 = open_bucket("s3://tickets/inc/", project=root, access_key="made-up-access", secret_key="made-up-secret")
    with pytest.raises(ConfigError, match="another store"):
        FolderBucket(root).copy_to(stored, s3, "inc/a.csv")
    with pytest.raises(ConfigError, match="that is the source itself"):
        FolderBucket(root).copy_to(stored, FolderBucket(tmp_path / "alias"), "a.csv")
    assert (root / "a.csv").read_bytes() == b"hello"


def test_an_archive_that_cannot_be_made_is_reported(root: Path) -> None:
    with pytest.raises(BucketError, match="cannot be written") as caught:
        FolderBucket(root).copy_to(put(root, "a.csv"), FolderBucket(root / "no" / "parent"), "a.csv")
    assert not isinstance(caught.value, ObjectMissing)
    assert caught.value.effect == "The export stays where it is."


@pytest.mark.parametrize("key", ["", ".", "..", "../a.csv", "/etc/passwd", "sub/a.csv"])
def test_a_key_stays_in_the_folder(root: Path, key: str) -> None:
    with pytest.raises(BucketError, match="not the name of a file"):
        FolderBucket(root).stat(key)


def test_a_file_named_by_hand_is_known_as_s3_knows_it(root: Path) -> None:
    put(root, "a b.csv")
    stored = stored_file(root / "a b.csv")
    assert (stored.key, stored.size) == ("file:a b.csv", 5)
    assert stored.etag == hashlib.md5(b"hello").hexdigest()  # noqa: S324
    assert stored.last_modified == datetime.fromtimestamp(1_763_900_000.25, UTC)


def test_a_file_named_by_hand_must_be_there(root: Path) -> None:
    for path in (root / "nothing.csv", root):
        with pytest.raises(UsageError, match="cannot be read"):
            stored_file(path)


def test_a_copy_is_readable_for_no_one_else(root: Path) -> None:
    put(root, "a.csv")
    (root / "a.csv").chmod(0o600)
    (stored,) = FolderBucket(root).exports()
    archive = FolderBucket(root / "processed")
    FolderBucket(root).copy_to(stored, archive, "a.csv")
    assert (root / "processed" / "a.csv").stat().st_mode & 0o777 == 0o600
