"""One file named by hand, as a bucket."""

from __future__ import annotations

from pathlib import Path

from fleetfeed.buckets.folder import FolderBucket, stored_file
from fleetfeed.errors import BucketError, ObjectMissing
from fleetfeed.model import StoredObject


class SingleFile(FolderBucket):
    """A bucket with one file; nothing is archived."""

    def __init__(self, path: Path) -> None:
        real = path.resolve()  # links named by hand are followed
        super().__init__(real.parent)
        self._file, self._name = path, real.name
        self._listed: StoredObject | None = None

    def exports(self) -> list[StoredObject]:
        """List the one file. Raises BucketError for a pipe or a device."""
        self._listed = self.stat(self._name)  # before the digest, so that later changes are noticed
        if self._listed is None and self._file.exists():
            raise BucketError(
                f"{self._file} is no regular file, so it cannot be read twice.",
                next_step="Write what it holds to a file, and name that with --file.",
            )
        return [stored_file(self._file)]

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Copy the file. Raises ObjectChanged if it was changed since it was listed."""
        if self._listed is None:
            raise ObjectMissing(f"{self._file} is not there any more.")
        return super().fetch(self._listed, into)
