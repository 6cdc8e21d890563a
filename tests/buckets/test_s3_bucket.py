"""What every S3 server must give, asked of two that differ."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleetfeed.buckets import open_bucket
from fleetfeed.errors import BucketError, ConfigError, ObjectChanged, ObjectMissing
from fleetfeed.model import StoredObject
from tests.buckets.stores import Store, open_s3

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ODD_NAMES = ["tick ets.csv", "données é.csv", "50%.csv", "50%25.csv", "a+b.csv", "a#b.csv", "a?b&c=d.csv", "ελλ.csv"]


def test_lists_only_exports_directly_under_the_prefix(s3_store: Store) -> None:
    for key in ("inc/a.csv", "inc/B.CSV", "inc/a.csv.part", "inc/a.txt", "inc/sub/c.csv", "inc_old/d.csv", "e.csv"):
        s3_store.put(key, b"x")
    s3_store.put("inc/empty.csv", b"")
    assert {stored.key for stored in s3_store.bucket().exports()} == {"inc/a.csv", "inc/B.CSV"}


def test_a_folder_marker_is_no_export(moto_store: Store) -> None:
    moto_store.put("inc/", b"")
    moto_store.put("inc/folder.csv/", b"x")
    assert moto_store.bucket().exports() == []


def test_an_empty_bucket_is_an_empty_list(s3_store: Store) -> None:
    assert s3_store.bucket().exports() == []


def test_the_root_of_a_bucket_has_no_prefix(s3_store: Store) -> None:
    s3_store.put("a.csv", b"x")
    bucket = s3_store.bucket("")
    assert (bucket.url, bucket.key_for("b.csv")) == (f"s3://{s3_store.name}/", "b.csv")
    assert [stored.key for stored in bucket.exports()] == ["a.csv"]


def test_the_newest_is_last_and_a_tie_goes_by_key(s3_store: Store) -> None:
    for key, minutes in (("inc/a.csv", 3), ("inc/c.csv", 1), ("inc/b.csv", 1), ("inc/d.csv", 2)):
        s3_store.plant(key, b"x", NOON + timedelta(minutes=minutes))
    exports = s3_store.bucket().exports()
    assert [stored.key[4] for stored in exports] == ["b", "c", "d", "a"]
    assert exports[-1].last_modified == NOON + timedelta(minutes=3)
    assert {stored.last_modified.tzinfo for stored in exports} == {UTC}


@pytest.mark.parametrize("newest", ["inc/0000.csv", "inc/2099.csv"])
def test_the_newest_is_found_on_any_page(s3_store: Store, newest: str) -> None:
    for number in range(2100):
        key = f"inc/{number:04}.csv"
        s3_store.plant(key, b"x", NOON + timedelta(minutes=key == newest))
    bucket, sent = s3_store.watched()
    exports = bucket.exports()
    assert (len(exports), exports[-1].key, len(sent)) == (2100, newest, 3)
    assert not [request.url for request in sent if "max-keys" in request.url]


def test_ten_thousand_archived_exports_cost_no_request(s3_store: Store) -> None:
    for number in range(10_000):
        s3_store.plant(f"inc/processed/{number:05}.csv", b"x", NOON)
    s3_store.plant("inc/a.csv", b"x", NOON)
    bucket, sent = s3_store.watched()
    assert [stored.key for stored in bucket.exports()] == ["inc/a.csv"]
    assert len(sent) == 1


def test_a_listing_and_a_look_at_the_object_agree(s3_store: Store) -> None:
    s3_store.put("inc/a.csv", b"hello")
    bucket = s3_store.bucket()
    (listed,), looked = bucket.exports(), bucket.stat("inc/a.csv")
    assert looked
    assert (looked.etag, looked.size) == (listed.etag, listed.size) == (hashlib.md5(b"hello").hexdigest(), 5)  # noqa: S324
    assert bucket.stat("inc/b.csv") is None


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_go_all_the_way(s3_store: Store, tmp_path: Path, name: str) -> None:
    bucket, archive = s3_store.bucket(), s3_store.bucket("inc/processed/")
    s3_store.put(bucket.key_for(name), b"hello")
    (stored,) = bucket.exports()
    assert stored.key == f"inc/{name}"
    assert bucket.fetch(stored, tmp_path / "spool") == hashlib.sha256(b"hello").hexdigest()
    bucket.copy_to(stored, archive, archive.key_for(name))
    bucket.delete(stored)
    assert s3_store.keys() == [f"inc/processed/{name}"]


def test_fetches_every_byte(s3_store: Store, tmp_path: Path) -> None:
    body = bytes(range(256)) * 10_000
    s3_store.put("inc/a.csv", body)
    (stored,) = s3_store.bucket().exports()
    digest = s3_store.bucket().fetch(stored, tmp_path / "spool")
    assert (tmp_path / "spool").read_bytes() == body
    assert digest == hashlib.sha256(body).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["spool"]


@pytest.mark.parametrize("body", [b"HELLO", b"longer than it was"], ids=["same size", "another size"])
def test_an_object_replaced_after_the_listing_is_noticed(s3_store: Store, tmp_path: Path, body: bytes) -> None:
    s3_store.put("inc/a.csv", b"hello")
    bucket, sent = s3_store.watched()
    (stored,) = bucket.exports()
    s3_store.put("inc/a.csv", body)
    with pytest.raises(ObjectChanged, match=r"inc/a\.csv was replaced"):
        bucket.fetch(stored, tmp_path / "spool")
    assert len(sent) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_object_gone_after_the_listing_is_noticed(s3_store: Store, tmp_path: Path) -> None:
    s3_store.put("inc/a.csv", b"hello")
    bucket = s3_store.bucket()
    (stored,) = bucket.exports()
    bucket.delete(stored)
    with pytest.raises(ObjectMissing):
        bucket.fetch(stored, tmp_path / "spool")
    with pytest.raises(ObjectMissing):
        bucket.copy_to(stored, s3_store.bucket("inc/processed/"), "inc/processed/a.csv")
    bucket.delete(stored)
    assert list(tmp_path.iterdir()) == []


def test_copies_into_another_bucket(s3_store: Store) -> None:
    s3_store.put("inc/a.csv", b"hello")
    archive_name = f"{s3_store.name}-archive"
    s3_store.raw.create_bucket(Bucket=archive_name)
    archive = s3_store.bucket("old/", archive_name)
    (stored,) = s3_store.bucket().exports()
    s3_store.bucket().copy_to(stored, archive, "old/a.csv")
    copied = archive.stat("old/a.csv")
    assert copied
    assert copied.size == 5
    assert s3_store.read("inc/a.csv") == b"hello"


def test_a_rewritten_object_survives_where_if_match_works(s3_store: Store) -> None:
    s3_store.put("inc/a.csv", b"hello")
    bucket, _ = s3_store.watched()
    (stored,) = bucket.exports()
    rewrites = iter([lambda: s3_store.put("inc/a.csv", b"newer")])

    def rewrite(request: Any, **_: Any) -> None:
        if request.method == "DELETE":
            next(rewrites, lambda: None)()

    bucket._client.meta.events.register("before-send.s3", rewrite)
    if s3_store.kind == "rclone":  # ignores the condition: the window is that from HEAD to DELETE
        bucket.delete(stored)
        assert s3_store.keys() == []
        return
    with pytest.raises(ObjectChanged):
        bucket.delete(stored)
    assert s3_store.read("inc/a.csv") == b"newer"


@pytest.mark.parametrize("body", [b"HELLO", b"longer than it was"], ids=["same size", "another size"])
def test_what_was_written_anew_is_not_deleted(s3_store: Store, body: bytes) -> None:
    s3_store.put("inc/a.csv", b"hello")
    (stored,) = s3_store.bucket().exports()
    s3_store.put("inc/a.csv", body)
    with pytest.raises(ObjectChanged):
        s3_store.bucket().delete(stored)
    assert s3_store.read("inc/a.csv") == body


def test_refuses_to_copy_to_another_store_or_onto_itself(s3_store: Store, tmp_path: Path) -> None:
    s3_store.put("inc/a.csv", b"hello")
    bucket = s3_store.bucket()
    (stored,) = bucket.exports()
    others = [open_s3("http://127.0.0.1:9"), open_bucket(f"file://{tmp_path}/", project=tmp_path)]
    for other in others:
        with pytest.raises(ConfigError, match="another store"):
            bucket.copy_to(stored, other, "a.csv")
    with pytest.raises(ConfigError, match="that is the source itself"):
        bucket.copy_to(stored, bucket, stored.key)


def test_refuses_to_copy_what_s3_cannot_copy_at_once(s3_store: Store) -> None:
    huge = StoredObject(NOON, "inc/a.csv", "abc", 5 << 30)
    with pytest.raises(BucketError, match="5 GB"):
        s3_store.bucket().copy_to(huge, s3_store.bucket("inc/processed/"), "inc/processed/a.csv")


def test_sends_no_checksums_conditions_or_metadata(s3_store: Store, tmp_path: Path) -> None:
    s3_store.put("inc/a.csv", b"hello")
    bucket, sent = s3_store.watched()
    (stored,) = bucket.exports()
    bucket.fetch(stored, tmp_path / "spool")
    bucket.copy_to(stored, bucket, "inc/processed/a.csv")
    bucket.delete(stored)
    assert [request.method for request in sent] == ["GET", "GET", "PUT", "HEAD", "HEAD", "DELETE"]
    assert sent.pop().headers["If-Match"]  # where a server heeds it, nothing else is deleted; the others lose nothing
    headers = {name.lower() for request in sent for name in request.headers}
    assert {name for name in headers if name.startswith(("x-amz-", "if-"))} == {
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-date",
    }
    assert b"fleetfeed/" in sent[0].headers["User-Agent"]
