from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fleetfeed.buckets import open_bucket
from fleetfeed.buckets.s3_client import connect
from fleetfeed.buckets.shared import is_export, norm_etag
from fleetfeed.errors import ConfigError
from fleetfeed.interfaces import Bucket


def opened(url: str) -> Bucket:
    return open_bucket(
        url,
        project=Path("/project"),
        endpoint_url="http://127.0.0.1:9",
        access_key="made-up-access-key",
        secret_key="made-up-secret-key",
    )


@pytest.mark.parametrize(
    ("url", "shown", "key"),
    [
        ("s3://tickets/inc/", "s3://tickets/inc/", "inc/a.csv"),
        ("s3://tickets/inc", "s3://tickets/inc/", "inc/a.csv"),
        ("s3://tickets/", "s3://tickets/", "a.csv"),
        ("s3://tickets", "s3://tickets/", "a.csv"),
        ("file:///exports/inc/", "file:///exports/inc/", "a.csv"),
        ("file:///exports/inc", "file:///exports/inc/", "a.csv"),
        ("file://exports/inc/", "file:///project/exports/inc/", "a.csv"),
    ],
)
def test_a_url_stands_for_a_folder(url: str, shown: str, key: str) -> None:
    bucket = opened(url)
    assert (bucket.url, bucket.key_for("a.csv")) == (shown, key)


def test_the_same_keys_share_a_client_but_not_those_of_the_aws_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def client(access_key: str | None, secret_key: str | None) -> object:
        return connect(
            endpoint_url="http://127.0.0.1:9",
            region="us-east-1",
            addressing="path",
            access_key=access_key,
            secret_key=secret_key,
        )

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up-access-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up-secret-key")
    assert client("one", "secret") is client("one", "secret")
    assert client("one", "secret") is not client("one", "other secret")
    assert client(None, None) is not client(None, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tickets/inc/",
        "s3://",
        "s3:///inc/",
        "file://",
        "https://store.example/tickets/",
        "s3://somebody:hunter22@tickets/inc/",
        "https://somebody:hunter22@store.example/",
        "file://somebody:hunter22@host/inc/",
    ],
)
def test_any_other_url_is_refused_without_telling_it(url: str) -> None:
    with pytest.raises(ConfigError, match="A bucket URL") as caught:
        opened(url)
    assert "hunter22" not in str(caught.value)
    assert "somebody" not in str(caught.value)


def test_botocore_is_imported_only_for_s3() -> None:
    script = """
import sys
from pathlib import Path
from fleetfeed.buckets import open_bucket
open_bucket("file://inc/", project=Path())
assert "botocore" not in sys.modules
"""
    env = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", script], check=False, env=env).returncode == 0


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ('"abc"', "abc"),
        ("abc", "abc"),
        (' W/"ABC-3" ', "abc-3"),
        ("&quot;abc&quot;", "abc"),
        ('" abc "', "abc"),
        ("", ""),
    ],
)
def test_an_etag_has_one_form(written: str, normal: str) -> None:
    assert norm_etag(written) == norm_etag(norm_etag(written)) == normal


@pytest.mark.parametrize(
    ("name", "size", "answer"),
    [
        ("a.csv", 1, True),
        ("A.CSV", 1, True),
        ("a.csv", 0, False),
        ("a.csv.part", 1, False),
        ("a.csv~", 1, False),
        ("sub/a.csv", 1, False),
        ("a.csv/", 1, False),
        ("", 1, False),
    ],
)
def test_what_an_export_is(name: str, size: int, answer: bool) -> None:
    assert is_export(name, size) is answer
