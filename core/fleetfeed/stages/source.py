"""source: find the export to load, compare it with what is loaded, spool it to disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from fleetfeed.errors import BucketError, ExportRefused, ObjectChanged, ObjectCutShort, ObjectMissing
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.interfaces import Bucket
from fleetfeed.model import LastLoad, Ledger, Snapshot, StoredObject, is_plausible
from fleetfeed.reader.completeness import is_truncated

_LISTINGS = 3


@hookimpl(trylast=True)
def feed_source(feed: Feed, bucket: Bucket, ledger: Ledger) -> Snapshot | None:
    """Spool the newest export, or the oldest unread one of a feed whose exports are loaded one by one.

    Lists again when an object changes while it is read.
    """
    for _ in range(_LISTINGS):
        listed = in_order(bucket.exports(), ledger.now)
        try:
            return _next(feed, bucket, ledger, listed)
        except ObjectChanged as error:
            changed = error
    raise BucketError(
        f"The newest export kept changing while it was read: {changed.cause}",
        next_step="The exporter may be writing it still; the next run tries again.",
    )


def _next(feed: Feed, bucket: Bucket, ledger: Ledger, listed: list[StoredObject]) -> Snapshot | None:
    if ledger.pieces:
        return _oldest(feed, bucket, ledger, listed)
    if ledger.each and not ledger.passed and (found := _next_unread(feed, bucket, ledger, listed)):
        return found
    return _newest(feed, bucket, ledger, listed)


def _oldest(feed: Feed, bucket: Bucket, ledger: Ledger, listed: list[StoredObject]) -> Snapshot | None:
    """Spool the oldest export that is not loaded. None may be skipped, not even one that was refused before."""
    unread = [
        stored
        for stored in listed
        if stored not in ledger.processed or stored in ledger.refused or _is_rewritten(ledger, stored)
    ]
    if ledger.passed or not listed:
        return None
    missing: list[StoredObject] = []
    for snapshot in _spooled(feed, bucket, ledger, listed, unread, missing):
        is_known = snapshot.stored in ledger.processed and ledger.last and snapshot.sha256 == ledger.last.sha256
        if not is_known:  # else it was rewritten with the same bytes
            return snapshot
    return Snapshot(listed[-1], "", None, tuple(listed), tuple(missing))


def _next_unread(feed: Feed, bucket: Bucket, ledger: Ledger, listed: list[StoredObject]) -> Snapshot | None:
    """Spool the oldest complete export that came after the loaded one; None if at most the newest is left."""
    unread = _unread(ledger, listed, listed[-1]) if listed and listed[-1] not in ledger.processed else []
    older = [stored for stored in unread if _is_later(stored, ledger.last)]  # latest first
    for snapshot in _spooled(feed, bucket, ledger, listed, older[::-1], []):
        if snapshot.path is not None:  # else the bytes are those of the loaded one
            return replace(snapshot, waiting=snapshot.waiting + 1)  # the newest
    return None


def _spooled(
    feed: Feed,
    bucket: Bucket,
    ledger: Ledger,
    listed: list[StoredObject],
    unread: list[StoredObject],
    missing: list[StoredObject],
) -> Iterator[Snapshot]:
    """Spool unread exports in order, each with the number of those that wait; add what has vanished to `missing`."""
    for place, stored in enumerate(unread, 1):
        try:
            snapshot = _spool(feed, bucket, ledger, stored)
        except ObjectMissing:
            missing.append(stored)
            continue
        except ObjectCutShort as error:
            raise _refused(error, stored, listed, missing) from error
        yield replace(snapshot, listed=tuple(listed), missing=tuple(missing), waiting=len(unread) - place)


def _is_later(stored: StoredObject, last: LastLoad | None) -> bool:
    """Return whether an export was written after the loaded one, which may be archived and so in no listing."""
    return last is None or last.written is None or (stored.last_modified, stored.key) > (last.written, last.key)


def _newest(feed: Feed, bucket: Bucket, ledger: Ledger, listed: list[StoredObject]) -> Snapshot | None:
    missing: list[StoredObject] = []
    for stored in _candidates(ledger, listed):
        if _is_loaded(feed, ledger, stored):
            return Snapshot(stored, ledger.last.sha256 if ledger.last else "", None, tuple(listed), tuple(missing))
        try:
            snapshot = _spool(feed, bucket, ledger, stored)
        except ObjectMissing:
            missing.append(stored)  # listed, but gone: try the next newest
            continue
        except ObjectCutShort as error:
            raise _refused(error, stored, listed, missing) from error
        older = _unread(ledger, listed, stored)
        chosen = _complete_first(feed, bucket, ledger, snapshot, older)
        return Snapshot(chosen.stored, chosen.sha256, chosen.path, tuple(listed), tuple(missing))
    return None


def _candidates(ledger: Ledger, listed: list[StoredObject]) -> list[StoredObject]:
    """List the exports to try, newest first; after a refusal only unread ones from before it."""
    if not ledger.passed:
        return listed[::-1]
    unread = _unread(ledger, listed, max(ledger.passed, key=listed.index)) if ledger.passed <= {*listed} else []
    return [stored for stored in unread if stored not in ledger.passed]


def _refused(
    error: ObjectCutShort, stored: StoredObject, listed: list[StoredObject], missing: list[StoredObject]
) -> ExportRefused:
    refused = ExportRefused(f"it did not come as the store said ({error.cause.rstrip('.')})")
    refused.snapshot = Snapshot(stored, "", None, tuple(listed), tuple(missing))
    return refused


def _is_loaded(feed: Feed, ledger: Ledger, stored: StoredObject) -> bool:
    """Return whether an export is the last one loaded, as far as the listing shows.

    Some stores give different bytes the same ETag, so size and time must match as well.
    """
    last = ledger.last
    if last is None or not _as_loaded(feed, ledger):
        return False
    known = (last.written in (None, stored.last_modified), last.size in (None, stored.size))
    return (stored.key, stored.etag) == (last.key, last.etag) and all(known) and not _is_rewritten(ledger, stored)


def _is_rewritten(ledger: Ledger, stored: StoredObject) -> bool:
    last = ledger.last
    return (
        last is not None and last.key == stored.key and "" not in (last.mark, stored.mark) and last.mark != stored.mark
    )


def _as_loaded(feed: Feed, ledger: Ledger) -> bool:
    """Return whether loading the last export again would change nothing."""
    return ledger.last is not None and feed.fingerprint == ledger.last.fingerprint and not ledger.accept


def _spool(feed: Feed, bucket: Bucket, ledger: Ledger, stored: StoredObject) -> Snapshot:
    path = ledger.scratch / f"export{sum(1 for _ in ledger.scratch.iterdir())}.csv"
    sha256 = bucket.fetch(stored, path)
    if (size := path.stat().st_size) != stored.size:
        raise ObjectCutShort(f"{stored.key} came with {size:,} bytes, but the store said {stored.size:,}.")
    last = ledger.last
    # ETag and time can change while the bytes do not: another part size, a copy, another store.
    same = last is not None and sha256 == last.sha256 and _as_loaded(feed, ledger) and not ledger.pieces
    return Snapshot(stored, sha256, None if same else path)


def _unread(ledger: Ledger, listed: list[StoredObject], newest: StoredObject) -> list[StoredObject]:
    """List the unread exports between the newest and the last one before it that was loaded, latest first."""
    unread = []
    for item in reversed(listed[: listed.index(newest)]):
        if item not in ledger.processed:
            unread.append(item)
        elif item not in ledger.refused:
            break  # what is older is superseded
    return unread


def _complete_first(
    feed: Feed, bucket: Bucket, ledger: Ledger, newest: Snapshot, older: list[StoredObject]
) -> Snapshot:
    """Prefer an unread complete export to a truncated newest one, which the next run loads."""
    if not older or newest.path is None or not _is_truncated(feed, ledger, newest.path):
        return newest
    for stored in older:
        try:
            candidate = _spool(feed, bucket, ledger, stored)
        except ObjectMissing:
            continue  # any other error ends the run: a truncated export must not supersede a complete one
        if candidate.path is not None and _is_truncated(feed, ledger, candidate.path) is False:
            return candidate
    return newest


def _is_truncated(feed: Feed, ledger: Ledger, path: Path) -> bool | None:
    return is_truncated(feed, path, ledger.last.line_end if ledger.last else None)


def in_order(listed: Iterable[StoredObject], now: datetime) -> list[StoredObject]:
    """Sort exports, newest last; those with a time in the future come first."""
    return sorted(listed, key=lambda stored: (is_plausible(stored.last_modified, now), stored))
