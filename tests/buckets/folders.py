"""Files in a folder that is a bucket."""

from __future__ import annotations

import os
from pathlib import Path

from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.model import StoredObject


def put(root: Path, name: str, body: bytes = b"hello", modified: float = 1_763_900_000.25) -> StoredObject:
    (root / name).write_bytes(body)
    os.utime(root / name, (modified, modified))
    stored = FolderBucket(root).stat(name)
    assert stored
    return stored
