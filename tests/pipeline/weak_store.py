"""An S3 store of the weakest kind: equal ETags for all bytes, times to the second, no heed of any condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime

from fleetfeed.buckets.s3 import S3Bucket
from tests.buckets.stores import open_s3
from tests.fault_server import Answer, Asked, FaultServer, entry, error, fault_server, listing
from tests.kit import START


class WeakStore:
    """Hold objects by their keys; `before` sees each request, and may write, or answer it with a lie."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.etag = '"abc"'
        self.before: Callable[[Asked], Answer | None] = lambda asked: None
        self.server: FaultServer
        self._seconds = 0

    def put(self, name: str, body: bytes) -> None:
        """Write an object, a second later than the last one."""
        self._seconds += 1
        self.objects[f"inc/{name}"] = body, START + timedelta(seconds=self._seconds)

    @property
    def inbox(self) -> S3Bucket:
        return open_s3(self.server.url)

    @property
    def archive(self) -> S3Bucket:
        return open_s3(self.server.url, prefix="inc/processed/")

    def asked(self, method: str) -> list[str]:
        """List what was asked for with a method, and forget all that was asked."""
        found = [asked.path for asked in self.server.asked if asked.method == method]
        self.server.asked.clear()
        return found

    def answer(self, asked: Asked) -> Answer:
        return self.before(asked) or self._answer(asked, asked.path.removeprefix("/tickets").strip("/"))

    def _answer(self, asked: Asked, key: str) -> Answer:
        if "list-type" in asked.query:
            return self._listing(asked.query["prefix"])
        if asked.method == "PUT":
            source = asked.headers["x-amz-copy-source"].removeprefix("tickets/")
            self.objects[key] = self.objects[source]
            return Answer(b"<CopyObjectResult/>")
        if asked.method == "DELETE":
            self.objects.pop(key, None)
            return Answer(status=204)
        if key not in self.objects:
            return error("NoSuchKey", 404)
        body, modified = self.objects[key]
        return Answer(body, headers={"ETag": self.etag, "Last-Modified": format_datetime(modified, usegmt=True)})

    def _listing(self, prefix: str) -> Answer:
        found = [(key, *held) for key, held in self.objects.items() if "/" not in key.removeprefix(prefix)]
        return listing(*(entry(key, len(body), self.etag, f"{at:%Y-%m-%dT%H:%M:%S}.000Z") for key, body, at in found))


@contextmanager
def weak_store() -> Iterator[WeakStore]:
    """Run such a store."""
    store = WeakStore()
    with fault_server(store.answer) as store.server:
        yield store
