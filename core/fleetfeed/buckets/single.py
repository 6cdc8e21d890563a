"""One file named by hand, as a bucket that holds nothing else."""

from __future__ import annotations

from pathlib import Path

from fleetfeed.buckets.folder import FolderBucket, stored_file
from fleetfeed.errors import ObjectMissing
from fleetfeed.model import StoredObject


class SingleFile(FolderBucket):
    """Read one file; nothing is archived."""

    def __init__(self, path: Path) -> None:
        real = path.resolve()  # a link that is named by hand is meant
        super().__init__(real.parent)
        self._file, self._name = path, real.name
        self._listed: StoredObject | None = None

    def exports(self) -> list[StoredObject]:
        """List the one file."""
        self._listed = self.stat(self._name)  # before its digest is taken: a change after that is noticed
        return [stored_file(self._file)]

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Copy the file; raises ObjectChanged when it was written to since it was listed."""
        if self._listed is None:
            raise ObjectMissing(f"{self._file} is not there any more.")
        return super().fetch(self._listed, into)
