"""Checks a feed's bucket: listing, credentials, archive, the store's features, the age of the newest export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fleetfeed.buckets.s3_probe import credentials_source, store_info
from fleetfeed.config.values import unit_of
from fleetfeed.doctor import Finding, skew

if TYPE_CHECKING:
    from fleetfeed.config.tables import FeedSettings
    from fleetfeed.interfaces import Bucket
    from fleetfeed.model import StoredObject

_VERSIONED = "Ask for a bucket without versioning, or let a lifecycle rule expire noncurrent versions; docs/keeping.md."


def credentials(feed: str, given: str) -> Iterator[Finding]:
    """Report where credentials come from; `given` is the source if the settings have them."""
    area, source = f"bucket {feed}", given or credentials_source()
    if source:
        yield Finding(area, "ok", f"credentials come from {source}")


def exports(
    feed: str, settings: FeedSettings, url: str, listed: Sequence[StoredObject], processed: StoredObject | None
) -> Iterator[Finding]:
    """Report the number of exports, the age of the newest, and its form of ETag.

    `processed` is the newest archived export, from the ledger.
    """
    area = f"bucket {feed}"
    if not listed and processed:
        yield Finding(area, "ok", f"{url} can be listed, and all of its exports are processed")
        yield _age(area, processed, settings.freshness.source_after)
        return
    if not listed:
        hint = "Check the feed's source: the folder, and that the exporter writes *.csv directly into it."
        yield Finding(area, "warning", f"{url} can be listed, but holds no export", hint)
        return
    yield Finding(area, "ok", f"{url} can be listed: {len(listed):,} export{'s' * (len(listed) > 1)}")
    yield _age(area, listed[-1], settings.freshness.source_after)
    yield _etag(area, listed[-1].etag)


def archive(feed: str, settings: FeedSettings) -> Iterator[Finding]:
    """Check that exports can be archived as configured."""
    area, target = f"bucket {feed}", settings.archive_url
    if target is None:
        yield Finding(area, "ok", "processed exports stay where they are (archive = false)")
    elif target.partition(":")[0] != settings.source.partition(":")[0]:
        hint = "Set the feed's archive to a folder of the same store, or to false."
        yield Finding(area, "error", f"{target} is another kind of store than {settings.source}", hint)
    else:
        yield Finding(area, "ok", f"processed exports go to {target}")


def store(feed: str, bucket: Bucket) -> Iterator[Finding]:
    """Check the store's versioning and clock."""
    area, about = f"bucket {feed}", store_info(bucket)
    if about.versioning == "Enabled":
        what = "versioning is on: every move leaves a delete marker, and some stores then list fewer exports, or none"
        yield Finding(area, "warning", what, _VERSIONED)
    elif about.versioning is None:
        yield Finding(area, "ok", "the store does not tell whether versioning is on")
    else:
        yield Finding(area, "ok", "versioning is off")
    if about.time is not None:
        yield skew(area, "the store's", (about.time - datetime.now(UTC)).total_seconds())


def _age(area: str, newest: StoredObject, limit: timedelta) -> Finding:
    age = datetime.now(UTC) - newest.last_modified
    one, unit = unit_of(limit)
    text = f"the newest export, {newest.key}, is {age / one:,.1f} {unit} old"
    if age > limit:
        hint = "See that the exporter still runs, and that it writes there; source_after of the feed sets the limit."
        return Finding(area, "warning", f"{text}, more than {limit // one:,} {unit}", hint)
    return Finding(area, "ok", text)


def _etag(area: str, etag: str) -> Finding:
    if not etag:
        what = "the store lists no ETags: whether an export is new shows only when it is read"
        return Finding(area, "warning", what, "Nothing is lost by it; a store that has them saves the reading.")
    form = "an upload in parts" if "-" in etag else "one upload" if len(etag) == 32 else "the store's own form"
    return Finding(area, "ok", f"its ETag is that of {form}")
