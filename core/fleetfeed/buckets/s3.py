"""A prefix of an S3 bucket. As servers differ, conditional requests and a certain form of ETags are not required."""

from __future__ import annotations

import hashlib
import re
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from fleetfeed.buckets.s3_client import connect
from fleetfeed.buckets.s3_errors import ENDPOINT, LATER, code_of, translated
from fleetfeed.buckets.shared import CHUNK, STAYS, cannot_archive, changed, is_export, norm_etag, whole_file
from fleetfeed.errors import BucketError, ObjectCutShort, ObjectMissing
from fleetfeed.model import StoredObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef, ListObjectsV2OutputTypeDef, ObjectTypeDef

    from fleetfeed.interfaces import Bucket

__all__ = ["S3Bucket", "connect"]

ONE_COPY = 5 << 30  # bytes; S3 copies larger objects only in parts
# Answers to a conditional deletion: the condition is not met, or not supported.
_NO_MATCH = frozenset(
    {"PreconditionFailed", "412", "NotImplemented", "501", "InvalidArgument", "InvalidRequest", "400"}
)


class S3Bucket:
    """See `Bucket`."""

    def __init__(self, client: S3Client, name: str, prefix: str) -> None:
        self._client = client
        self._name = name
        self._prefix = prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
        self._where = f"Bucket {name} at {urlsplit(client.meta.endpoint_url).netloc}"

    @property
    def url(self) -> str:
        """The URL of the prefix."""
        return f"s3://{self._name}/{self._prefix}"

    def key_for(self, name: str) -> str:
        """Return the key of a file directly under the prefix."""
        return f"{self._prefix}{name}"

    def exports(self) -> list[StoredObject]:
        """List the exports, newest last: one request per 1000; archived ones in folders below are not listed."""
        found: dict[str, StoredObject] = {}
        token, seen = "", {""}
        while True:
            page = self._page(token)
            for stored in (self._listed(entry) for entry in page.get("Contents", ()) if self._is_export(entry)):
                # A key that is written while pages are fetched can be listed twice: use the newest.
                found[stored.key] = max(stored, found.get(stored.key, stored))
            if not page.get("IsTruncated"):
                return sorted(found.values())
            token = page.get("NextContinuationToken", "")
            if token in seen:  # some servers repeat or omit it, so the listing cannot be completed
                raise self._error("the listing does not come to an end", LATER)
            seen.add(token)

    def _page(self, token: str) -> ListObjectsV2OutputTypeDef:
        with translated(self._where):
            if token:
                page = self._client.list_objects_v2(
                    Bucket=self._name, Prefix=self._prefix, Delimiter="/", ContinuationToken=token
                )
            else:
                page = self._client.list_objects_v2(Bucket=self._name, Prefix=self._prefix, Delimiter="/")
        # A login page with status 200 parses as an empty listing; real listings always have these keys.
        if "Name" not in page or "IsTruncated" not in page:
            raise self._error("the answer is not a listing of an S3 store", ENDPOINT)
        return page

    def _is_export(self, entry: ObjectTypeDef) -> bool:
        return is_export(entry.get("Key", "").removeprefix(self._prefix), entry.get("Size", 0))

    def _listed(self, entry: ObjectTypeDef) -> StoredObject:
        if "LastModified" not in entry:
            raise self._error(f"the listing has no time for {entry.get('Key')}", ENDPOINT)
        return self._stored(entry["Key"], entry["LastModified"], entry.get("ETag", ""), entry.get("Size", 0))

    def stat(self, key: str) -> StoredObject | None:
        """Return one object's state; None if there is none."""
        found = self._look(key)
        return found[0] if found else None

    def _look(self, key: str) -> tuple[StoredObject, str] | None:
        """Return one object's state, and its ETag as the server spells it; None if there is none."""
        try:
            with translated(self._where, key, effect=STAYS):
                head = self._client.head_object(Bucket=self._name, Key=key)
        except ObjectMissing:
            return None
        if "LastModified" not in head or "ContentLength" not in head:
            raise self._error("the answer is not one of an S3 store", ENDPOINT)
        etag = head.get("ETag", "")
        return self._stored(key, head["LastModified"], etag, head["ContentLength"]), etag

    def _stored(self, key: str, modified: datetime, etag: str, size: int) -> StoredObject:
        with translated(self._where):  # near the first and last year, conversion to UTC fails
            return StoredObject(modified.astimezone(UTC), key, norm_etag(etag), size)

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Download exactly the object that was listed, and return the SHA-256 of its bytes in hex."""
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

        # botocore retries requests, but not interrupted bodies.
        attempts = Retrying(
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=0.2, max=2),
            retry=retry_if_exception_type(ObjectCutShort),
            reraise=True,
        )
        return attempts(self._fetch_once, stored, into)

    def _fetch_once(self, stored: StoredObject, into: Path) -> str:
        with translated(self._where, stored.key):
            answer = self._client.get_object(Bucket=self._name, Key=stored.key)
        with closing(answer["Body"]):
            self._compare(answer, stored)
            with whole_file(into) as file:
                return self._read(answer, stored, file)

    def _compare(self, answer: GetObjectOutputTypeDef, stored: StoredObject) -> None:
        etag = norm_etag(answer.get("ETag", ""))
        length = answer.get("ContentLength", stored.size)
        if not etag and answer.get("ContentType", "").startswith("text/html"):
            raise self._error(f"a web page was sent for {stored.key}", ENDPOINT)
        if (etag and stored.etag and etag != stored.etag) or (not etag and length != stored.size):
            raise changed(f"{self._where}: {stored.key}")

    def _read(self, answer: GetObjectOutputTypeDef, stored: StoredObject, file: BinaryIO) -> str:
        digest, count, chunks = hashlib.sha256(), 0, answer["Body"].iter_chunks(CHUNK)
        md5 = hashlib.md5(usedforsecurity=False)
        while True:
            try:
                chunk = next(chunks, b"")
            except (BotoCoreError, HTTPError, OSError) as exc:
                raise self._cut_short(stored, count) from exc
            if not chunk:
                break
            digest.update(chunk)
            md5.update(chunk)
            count += file.write(chunk)
        if count != stored.size:
            raise self._cut_short(stored, count)
        if _is_md5(answer) and md5.hexdigest() != norm_etag(answer["ETag"]):
            raise ObjectCutShort(
                f"{self._where}: {stored.key} came with bytes of another digest than the store reported, three times.",
                next_step=LATER,
            )
        return digest.hexdigest()

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        """Copy within the store, and check that the copy exists."""
        if not isinstance(archive, S3Bucket) or archive._client.meta.endpoint_url != self._client.meta.endpoint_url:
            raise cannot_archive(self.url, archive.url, "that is another store")
        if (archive._name, key) == (self._name, stored.key):  # the caller deletes the source next
            raise cannot_archive(self.url, archive.url, "that is the source itself")
        if stored.size >= ONE_COPY:
            raise self._error(
                f"{stored.key} has 5 GB or more, which S3 does not copy at once", "Move it by hand.", STAYS
            )
        # No metadata and no conditions: some servers reject the former, and most ignore the latter.
        with translated(self._where, stored.key, effect=STAYS):
            self._client.copy_object(
                Bucket=archive._name, Key=key, CopySource={"Bucket": self._name, "Key": stored.key}
            )
        # A web page with status 200 looks like success, and the caller deletes the source next.
        copy = archive.stat(key)
        if copy is None or copy.size != stored.size:
            raise self._error(f"{stored.key} was copied to {key}, but is not there", ENDPOINT, STAYS)

    def delete(self, stored: StoredObject) -> None:
        """Delete an object, if it exists. Raises ObjectChanged if it was replaced.

        Uses If-Match where supported. Otherwise an object that is replaced between check and deletion is lost.
        """
        etag = self._current_etag(stored)
        if etag and not etag.startswith("W/"):  # a weak ETag never matches
            if self._delete_match(stored.key, etag):
                return
            # It was replaced, or the server does not support this, or a proxy changes ETags.
            etag = self._current_etag(stored)
        if etag is not None:
            with suppress(ObjectMissing), translated(self._where, stored.key, effect=STAYS):
                self._client.delete_object(Bucket=self._name, Key=stored.key)

    def _delete_match(self, key: str, etag: str) -> bool:
        """Delete an object if it has this ETag; return False if it does not, or the server cannot compare."""
        with suppress(ObjectMissing), translated(self._where, key, effect=STAYS):
            try:
                self._client.delete_object(Bucket=self._name, Key=key, IfMatch=etag)
            except ClientError as exc:
                if code_of(exc) not in _NO_MATCH:
                    raise
                return False
        return True

    def _current_etag(self, stored: StoredObject) -> str | None:
        """Return an unchanged object's ETag as the server spells it; None if it is gone. Raises ObjectChanged."""
        found = self._look(stored.key)
        if found is None:
            return None
        now, etag = found
        # Listings have fractions of a second, answers to HEAD do not.
        later = now.last_modified - stored.last_modified >= timedelta(seconds=1)
        if later or (now.etag, now.size) != (stored.etag, stored.size):
            raise changed(f"{self._where}: {stored.key}")
        return etag

    def _error(self, what: str, next_step: str, effect: str = "Nothing was written.") -> BucketError:
        return BucketError(f"{self._where}: {what}.", effect=effect, next_step=next_step)

    def _cut_short(self, stored: StoredObject, count: int) -> ObjectCutShort:
        what = f"{stored.key} came with {count:,} of its {stored.size:,} bytes, three times"
        return ObjectCutShort(f"{self._where}: {what}.", next_step=LATER)


def _is_md5(answer: GetObjectOutputTypeDef) -> bool:
    """Whether the ETag is the MD5 of the bytes: not for multipart uploads (`-2`) and encrypted objects."""
    encrypted = any(answer.get(name) for name in ("ServerSideEncryption", "SSECustomerAlgorithm", "SSEKMSKeyId"))
    return not encrypted and re.fullmatch("[0-9a-f]{32}", norm_etag(answer.get("ETag", ""))) is not None
