"""Where a history takes place: a bucket with its archive, which hands can reach into, and a database."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fleetfeed.buckets.folder import FolderBucket

if TYPE_CHECKING:
    from fleetfeed.interfaces import Bucket
    from tests.buckets.stores import Store


class Place(Protocol):
    """A folder of exports, as a run sees it and as a person does."""

    bucket: Bucket

    def write(self, name: str, content: bytes, at: datetime) -> None: ...

    def remove(self, name: str) -> None: ...

    def files(self) -> dict[str, bytes]: ...


class Folder:
    """See `Place`; on disk."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        self._root, self.bucket = root, FolderBucket(root)

    def write(self, name: str, content: bytes, at: datetime) -> None:
        path = self._root / name
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))

    def remove(self, name: str) -> None:
        (self._root / name).unlink()

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self._root.iterdir() if path.is_file()}


class Prefix:
    """See `Place`; on a real S3 server."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store, self._prefix, self.bucket = store, prefix, store.bucket(prefix)

    def write(self, name: str, content: bytes, at: datetime) -> None:
        self._store.plant(self._prefix + name, content, at)

    def remove(self, name: str) -> None:
        self._store.raw.delete_object(Bucket=self._store.name, Key=self._prefix + name)

    def files(self) -> dict[str, bytes]:
        keys = [key for key in self._store.keys(self._prefix) if "/" not in key.removeprefix(self._prefix)]
        return {key.removeprefix(self._prefix): self._store.read(key) for key in keys}
