"""Where the bytes of past exports are: in the archive, or still in the bucket."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fleetfeed.errors import BucketError
from fleetfeed.rebuild.preparing import Item

if TYPE_CHECKING:
    from fleetfeed.interfaces import Bucket
    from fleetfeed.model import StoredObject
    from fleetfeed.rebuild.past import PastExport


class Found(NamedTuple):
    """An object with the bytes of an export."""

    bucket: Bucket
    stored: StoredObject


class Archive:
    """Find and fetch past exports; both folders are listed once."""

    def __init__(self, bucket: Bucket, archive: Bucket | None) -> None:
        self._bucket, self._archive = bucket, archive
        self._here = {(item.key, item.etag, item.size): item for item in bucket.exports()}
        self._archived = {item.key: item for item in archive.exports()} if archive else {}

    def find(self, export: PastExport) -> Found | None:
        """Return the object with an export's bytes; None if it is missing."""
        stored = export.stored
        there = self._archived.get(export.archived_key or "")
        if self._archive and there and there.size == stored.size:
            return Found(self._archive, there)
        here = self._here.get((stored.key, stored.etag, stored.size))
        return Found(self._bucket, here) if here else None

    def item(self, export: PastExport, now: datetime) -> Item:
        """Return an export to prepare, at this time unless that of its load is known. Raises BucketError."""
        found = self._found(export)
        return Item(export, found.stored, found.bucket is self._archive, export.started_at or now)

    def fetch(self, export: PastExport, into: Path) -> str:
        """Fetch an export and return the digest of its bytes. Raises BucketError if they are not those of its load."""
        found = self._found(export)
        sha256 = found.bucket.fetch(found.stored, into)
        if export.sha256 not in (None, sha256):
            raise BucketError(
                f"{found.stored.key} in {found.bucket.url} does not hold what run {export.run_id} has loaded.",
                effect="What was rebuilt before it stays; the feed's own tables are as they were.",
                next_step="Restore it from a backup, or take it away: then it counts as missing. Run again.",
            )
        return sha256

    def _found(self, export: PastExport) -> Found:
        found = self.find(export)
        if found is None:
            raise BucketError(f"{export.stored.key} is missing.", effect="", next_step="Run again.")
        return found
