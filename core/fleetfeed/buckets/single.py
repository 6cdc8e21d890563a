"""One file named by hand, as a bucket that holds nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fleetfeed.buckets.folder import FolderBucket, stored_file
from fleetfeed.model import StoredObject


class SingleFile(FolderBucket):
    """Read one file; nothing is archived."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._file = path

    def exports(self) -> list[StoredObject]:
        """List the one file."""
        return [stored_file(self._file)]

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Copy the file; raises ObjectChanged when it is written to meanwhile."""
        now = super().stat(self._file.name)
        return super().fetch(now or replace(stored, key=self._file.name), into)
