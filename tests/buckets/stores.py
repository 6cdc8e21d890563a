"""A fresh bucket on one of the real servers, and a look behind its back."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import S3Backend, s3_backends

from fleetfeed.buckets import s3_client
from fleetfeed.buckets.s3 import S3Bucket

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

    from tests.servers import S3Endpoint


@dataclass(frozen=True)
class Store:
    kind: str
    endpoint: S3Endpoint
    raw: S3Client
    ours: S3Client
    folder: Path  # what rclone serves
    name: str

    def bucket(self, prefix: str = "inc/", name: str = "") -> S3Bucket:
        return S3Bucket(self.ours, name or self.name, prefix)

    def watched(self) -> tuple[S3Bucket, list[Any]]:
        """Open a bucket with every request that will leave it."""
        sent: list[Any] = []
        bucket = open_s3(self.endpoint.url, self.name, "inc/", self.endpoint.access_key, self.endpoint.secret_key)
        bucket._client.meta.events.register("before-send.s3", lambda request, **_: sent.append(request))
        return bucket, sent

    def put(self, key: str, body: bytes) -> None:
        self.raw.put_object(Bucket=self.name, Key=key, Body=body)

    def read(self, key: str) -> bytes:
        body = self.raw.get_object(Bucket=self.name, Key=key)["Body"]
        try:
            return body.read()
        finally:
            body.close()

    def keys(self, prefix: str = "") -> list[str]:
        return [entry["Key"] for entry in self.raw.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])]

    def plant(self, key: str, body: bytes, modified: datetime) -> None:
        """Put an object with a time of its own, which no request can do; much faster, too."""
        if self.kind == "rclone":
            path = self.folder / self.name / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
            os.utime(path, (modified.timestamp(), modified.timestamp()))
        else:
            self._moto().put_object(self.name, key, body).last_modified = modified.replace(tzinfo=None)

    @staticmethod
    def _moto() -> S3Backend:
        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


@contextmanager
def stores(kind: str, endpoint: S3Endpoint, folder: Path) -> Iterator[Callable[[], Store]]:
    """Make as many stores as are wanted on one server: a client takes longer to make than most tests to run."""
    ours = open_s3(endpoint.url, access_key=endpoint.access_key, secret_key=endpoint.secret_key)._client
    with closing(endpoint.client()) as raw, closing(ours):

        def new() -> Store:
            name = f"tickets-{uuid.uuid4().hex[:12]}"
            raw.create_bucket(Bucket=name)
            return Store(kind, endpoint, raw, ours, folder, name)

        yield new


def open_s3(
    url: str,
    name: str = "tickets",
    prefix: str = "inc/",
    access_key: str = "made-up-access-key",
    secret_key: str = "made-up-secret-key",  # noqa: S107 (made up)
) -> S3Bucket:
    # A client of its own, as it is watched or closed.
    client = s3_client._client(url, "us-east-1", "path", access_key, secret_key, quick=False)
    return S3Bucket(client, name, prefix)
