"""archive: move every processed export away, so that the inbox holds only what is still to be done."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fleetfeed.buckets import Bucket
from fleetfeed.database import ledger
from fleetfeed.errors import BucketError, ObjectMissing
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import RunReport, StoredObject
from fleetfeed.scratch import scratch

if TYPE_CHECKING:
    from fleetfeed.database import Database


@hookimpl(trylast=True)
def feed_archive(feed: Feed, bucket: Bucket, archive: Bucket, run: RunReport, db: Database) -> list[str]:
    """Copy, verify, write down, delete; each step can be repeated, so a kill between any two loses nothing."""
    if run.snapshot is None:
        return []
    newest, older, moved = run.snapshot.stored, run.snapshot.older(), []
    processed = ("loaded", "superseded", "refused", "archived")
    for stored, state, sha256, archived_key in ledger.in_bucket(db, feed.name, processed, run.snapshot.listed):
        if stored not in older and (run.held or stored != newest):  # one that is held may still be accepted
            continue
        try:
            now = bucket.stat(stored.key)
            if now is None:
                ledger.set_state(db, feed.name, stored, "gone", run_id=None)
            elif _unlike(now, stored, run):
                continue
            else:
                key = _copy(bucket, archive, stored, sha256, archived_key)
                ledger.set_archived(db, feed.name, stored, "archived" if state == "loaded" else state, key)
                if _delete(bucket, stored, run):
                    moved.append(key)
        except BucketError as error:  # one that cannot be moved must not hold up the others
            run.warnings.append(f"{stored.key} could not be archived: {error.cause} (the next run tries again)")
    return moved


def _delete(bucket: Bucket, stored: StoredObject, run: RunReport) -> bool:
    """Delete what has been copied, unless it was written anew meanwhile."""
    now = bucket.stat(stored.key)
    if now is None or _unlike(now, stored, run):
        return now is None
    bucket.delete(stored)
    return True


def _unlike(now: StoredObject, stored: StoredObject, run: RunReport) -> bool:
    """Tell whether an object is no longer the one that was listed; such a one is left alone."""
    if (now.etag, now.size) == (stored.etag, stored.size):
        return False
    run.warnings.append(f"{stored.key} was written anew since it was read; it stays for the next run")
    return True


def _copy(bucket: Bucket, archive: Bucket, stored: StoredObject, sha256: str | None, known: str | None) -> str:
    """Copy to the first name that is free, or that holds the very bytes already; tell the key.

    `known`: where the ledger says that it lies already. That is looked at like any other name: what is copied is
    deleted next.
    """
    for key in chain([known] if known else [], map(archive.key_for, _names(stored))):
        there = archive.stat(key)
        if there is None:
            bucket.copy_to(stored, archive, key)
            there = archive.stat(key)
            if there is None or not _same(bucket, archive, stored, there, sha256):
                raise BucketError(
                    f"The copy of {stored.key} at {key} is not the bytes that were copied.",
                    effect="The load is committed; the export still lies where it was.",
                    next_step="The next run copies it to another name; look at the store.",
                )
            return key
        if _same(bucket, archive, stored, there, sha256):
            return key
    raise AssertionError("unreachable: the names do not end")


def _names(stored: StoredObject) -> Iterator[str]:
    """Yield the object's own name, then names that nothing else is likely to have."""
    path = PurePosixPath(stored.key)
    yield path.name
    stamped = f"{path.stem}.{stored.last_modified:%Y%m%dT%H%M%SZ}-{stored.etag[:8]}"
    yield f"{stamped}{path.suffix}"
    for number in count(2):
        yield f"{stamped}-{number}{path.suffix}"


def _same(bucket: Bucket, archive: Bucket, stored: StoredObject, there: StoredObject, sha256: str | None) -> bool:
    """Tell whether two objects hold the same bytes: equal ETags say so, else both are read."""
    if stored.size != there.size:
        return False
    return stored.etag == there.etag or (sha256 or _digest(bucket, stored)) == _digest(archive, there)


def _digest(bucket: Bucket, stored: StoredObject) -> str:
    with scratch() as folder:
        try:
            return bucket.fetch(stored, folder / "copy")
        except ObjectMissing:
            return ""
