"""archive: move processed exports to the archive."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fleetfeed.buckets.shared import changed
from fleetfeed.database.ledger import runs
from fleetfeed.errors import BucketError, ObjectChanged, ObjectMissing
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.interfaces import Bucket
from fleetfeed.model import RunReport, StoredObject
from fleetfeed.runtime.scratch import scratch
from fleetfeed.states import PROCESSED, ObjectState

if TYPE_CHECKING:
    from fleetfeed.database import Database

_MOST_NAMES = 100  # a store may report every name as taken


@hookimpl(trylast=True)
def feed_archive(feed: Feed, bucket: Bucket, archive: Bucket, run: RunReport, db: Database) -> list[str]:
    """Copy, verify, record, delete. Each step can be repeated, so a kill between any two loses nothing."""
    if run.snapshot is None:
        return []
    newest, older, moved = run.snapshot.stored, run.snapshot.older(), []
    for stored, state, sha256, known in runs.in_bucket(db, feed.name, PROCESSED, run.snapshot.listed):
        waits = run.held and not run.archive_copies  # a held export may still be accepted
        if (stored not in older and (waits or stored != newest)) or (known and run.archive_copies):
            continue
        try:
            now = bucket.stat(stored.key)
            if now is None:
                runs.set_state(db, feed.name, stored, ObjectState.GONE, run_id=None)
                continue
            _check_unchanged(now, stored)
            key = _copy(bucket, archive, stored, sha256, known)
            after = ObjectState.ARCHIVED if state == ObjectState.LOADED else state
            runs.set_archived(db, feed.name, stored, after, key)
            if not run.archive_copies:
                bucket.delete(now)
            moved.append(key)
        except ObjectChanged:
            run.warnings.append(f"{stored.key} was written anew since it was read; it stays for the next run")
        except BucketError as error:  # the other exports are still moved
            run.warnings.append(f"{stored.key} could not be archived: {error.cause} (the next run tries again)")
    return moved


def _check_unchanged(now: StoredObject, stored: StoredObject) -> None:
    """Check that an object is the one that was listed. Raises ObjectChanged."""
    if (now.etag, now.size) != (stored.etag, stored.size):
        raise changed(stored.key)


def _copy(bucket: Bucket, archive: Bucket, stored: StoredObject, sha256: str | None, known: str | None) -> str:
    """Copy to the first free name, or find the same bytes under one, and return its key.

    `known`: the archived key in the ledger. It is verified like any other, since the source is deleted next.
    """
    with scratch() as folder:
        wanted = sha256 or bucket.fetch(stored, folder / "source")
        for key in chain([known] if known else [], map(archive.key_for, _names(stored))):
            there = archive.stat(key)
            if there is None:
                bucket.copy_to(stored, archive, key)
                there = archive.stat(key)
                if there is None or _digest(archive, there, folder) != wanted:
                    raise BucketError(
                        f"The copy of {stored.key} at {key} is not the bytes that were copied.",
                        effect="The load is committed; the export was not moved.",
                        next_step="It was written anew meanwhile, or the store is at fault. The next run tries again.",
                    )
                return key
            if there.size == stored.size and _digest(archive, there, folder) == wanted:
                return key
    raise BucketError(f"No name is free in {archive.url}, according to the store.", next_step="Look at the store.")


def _names(stored: StoredObject) -> Iterator[str]:
    """Yield the object's own name, then unlikely ones."""
    path = PurePosixPath(stored.key)
    yield path.name
    stamped = f"{path.stem}.{stored.last_modified:%Y%m%dT%H%M%SZ}-{stored.etag[:8]}"
    yield f"{stamped}{path.suffix}"
    for number in range(2, _MOST_NAMES):
        yield f"{stamped}-{number}{path.suffix}"


def _digest(bucket: Bucket, stored: StoredObject, folder: Path) -> str | None:
    """Download an object and return its digest; neither ETag nor HEAD proves which bytes a store holds."""
    try:
        return bucket.fetch(stored, folder / "copy")
    except ObjectMissing:
        return None
