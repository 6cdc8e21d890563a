"""Each failure says what it is, with which bucket, and what to do; never a secret."""

from __future__ import annotations

import socket
import time
import traceback
from pathlib import Path
from typing import Literal

import pytest
from botocore import exceptions as boto

from fleetfeed.buckets.s3_client import connect
from fleetfeed.buckets.s3_errors import explain
from fleetfeed.errors import BucketError, ConfigError
from tests.buckets.stores import Store, open_s3
from tests.fault_server import error, fault_server

SECRET = "not-the-secret-of-this-key"


def test_a_wrong_secret(rclone_store: Store) -> None:
    endpoint = rclone_store.endpoint
    with pytest.raises(BucketError, match="the secret key is not that of the access key") as caught:
        open_s3(endpoint.url, rclone_store.name, "inc/", endpoint.access_key, SECRET).exports()
    reported = "".join(traceback.format_exception(caught.value))
    assert rclone_store.name in caught.value.cause
    assert endpoint.url.removeprefix("http://") in caught.value.cause
    assert "RUSTFS_SECRET_KEY" in caught.value.next_step
    assert SECRET not in reported
    assert endpoint.access_key not in reported


def test_an_unknown_access_key(rclone_store: Store) -> None:
    with pytest.raises(BucketError, match="does not know the access key"):
        open_s3(rclone_store.endpoint.url, rclone_store.name, "inc/", "no-such-access-key", SECRET).exports()


def test_no_such_bucket(s3_store: Store) -> None:
    endpoint = s3_store.endpoint
    bucket = open_s3(endpoint.url, "no-such-bucket", "inc/", endpoint.access_key, endpoint.secret_key)
    with pytest.raises(BucketError, match=r"Bucket no-such-bucket at .*: there is no such bucket") as caught:
        bucket.exports()
    assert "RUSTFS_BUCKET" in caught.value.next_step


def test_a_name_that_no_bucket_can_have(moto_store: Store) -> None:
    with pytest.raises(BucketError, match="refuses the bucket's name"):
        open_s3(moto_store.endpoint.url, "no such bucket").exports()


@pytest.mark.parametrize(
    ("code", "status", "message", "reported"),
    [
        ("AccessDenied", 403, "Access Denied", "access is denied"),
        ("AccessDenied", 403, "The difference between the request time and the server's time", "clock"),
        ("RequestTimeTooSkewed", 403, "", "clock"),
        ("ExpiredToken", 400, "", "token has expired"),
        ("PermanentRedirect", 400, "Use another address", "another region, or behind another address"),
        ("AuthorizationHeaderMalformed", 400, "expecting eu-west-1", "another region"),
        ("KMS.DisabledException", 400, "", "encrypted with cannot be used"),
        ("TooStrange", 400, "Use another address", r"answered TooStrange \(Use another address\)"),
        ("404", 404, "", r"answered 404 \(no message\)"),
    ],
)
def test_what_the_store_answers(code: str, status: int, message: str, reported: str) -> None:
    with fault_server(lambda _: error(code, status, message)) as server, pytest.raises(BucketError, match=reported):
        open_s3(server.url).exports()


def test_an_endpoint_where_nothing_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening: nobody else gets this port
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BucketError, match=f"at {host}: the store cannot be reached") as caught:
            open_s3(f"http://{host}").exports()
    assert "RUSTFS_ENDPOINT" in caught.value.next_step


@pytest.mark.parametrize(
    ("exc", "reported"),
    [
        (boto.EndpointConnectionError(endpoint_url="u", error="Failed to resolve 'store'"), "cannot be resolved"),
        (boto.EndpointConnectionError(endpoint_url="u", error="refused"), "cannot be reached"),
        (boto.ConnectTimeoutError(endpoint_url="u"), "in time"),
        (boto.ReadTimeoutError(endpoint_url="u"), "in time"),
        (boto.SSLError(endpoint_url="u", error=OSError("e")), "certificate"),
        (boto.ConnectionClosedError(endpoint_url="u"), "the connection to the store broke"),
        (boto.ResponseStreamingError(error="e"), "broke off"),
        (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), "broke off"),
        (boto.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"), "incomplete"),
        (boto.CredentialRetrievalError(provider="p", error_msg="m"), "profile or role"),
        (boto.DataNotFoundError(data_path="p"), r"gave up \(DataNotFoundError\)"),
    ],
)
def test_what_botocore_raises(exc: Exception, reported: str) -> None:
    what, next_step = explain(exc)
    assert reported.replace("\\", "") in what
    assert next_step


@pytest.mark.parametrize("disabled", ["true", "false"])
def test_no_credentials_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch, disabled: str) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", disabled)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    begun = time.monotonic()
    with pytest.raises(BucketError, match=r"store at store\.example:9000: there are no credentials"):
        connect(endpoint_url="http://store.example:9000", region="", addressing="path", access_key="", secret_key=None)
    assert time.monotonic() - begun < 5


def test_credentials_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-the-environment")
    with pytest.raises(BucketError, match="the credentials are incomplete"):
        connect(endpoint_url="", region="", addressing="path", access_key=None, secret_key=None)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    client = connect(endpoint_url="", region="", addressing="path", access_key=None, secret_key=None)
    assert client.meta.endpoint_url.endswith(".amazonaws.com")


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(BucketError, match="AWS_PROFILE"):
        connect(endpoint_url="", region="", addressing="path", access_key=None, secret_key=None)


@pytest.mark.parametrize(
    ("url", "access_key", "secret_key", "reported"),
    [
        ("store:9000", "a-key", SECRET, "not a URL"),
        ("http://", "a-key", SECRET, "not a URL"),
        (f"http://somebody:{SECRET}@store:9000", "a-key", SECRET, "holds credentials"),
        ("http://store:9000", "a-key", None, "needs its secret key"),
        ("http://store:9000", None, SECRET, "needs its secret key"),
    ],
)
def test_settings_that_cannot_be(url: str, access_key: str | None, secret_key: str | None, reported: str) -> None:
    with pytest.raises(ConfigError, match=reported) as caught:
        connect(endpoint_url=url, region="", addressing="path", access_key=access_key, secret_key=secret_key)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_object_in_an_archive_class_says_how_to_get_it_back(
    moto_store: Store, tmp_path: Path, storage: Literal["GLACIER", "DEEP_ARCHIVE"]
) -> None:
    moto_store.raw.put_object(Bucket=moto_store.name, Key="inc/a.csv", Body=b"id\n1\n", StorageClass=storage)
    bucket = moto_store.bucket()
    (stored,) = bucket.exports()
    with pytest.raises(BucketError, match="storage class") as caught:
        bucket.fetch(stored, tmp_path / "spool")
    assert "Restore the object, or change the lifecycle rule" in caught.value.next_step
