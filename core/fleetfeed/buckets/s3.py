"""A prefix of an S3 bucket. Servers differ: nothing here needs conditional requests, or ETags of one kind."""

from __future__ import annotations

import hashlib
import re
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import HTTPError

from fleetfeed.buckets.s3_client import connect
from fleetfeed.buckets.s3_errors import ENDPOINT, LATER, code_of, told
from fleetfeed.buckets.shared import CHUNK, STAYS, cannot_archive, changed, is_export, norm_etag, whole_file
from fleetfeed.errors import BucketError, ObjectCutShort, ObjectMissing
from fleetfeed.model import StoredObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef, ListObjectsV2OutputTypeDef, ObjectTypeDef

    from fleetfeed.interfaces import Bucket

__all__ = ["S3Bucket", "connect"]

ONE_COPY = 5 << 30  # bytes; S3 copies more only in parts
# What servers say to a deletion on a condition: that it is not met, or that they know no such thing.
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
        """The folder it stands for."""
        return f"s3://{self._name}/{self._prefix}"

    def key_for(self, name: str) -> str:
        """Name the key of a file directly under the prefix."""
        return f"{self._prefix}{name}"

    def exports(self) -> list[StoredObject]:
        """List the exports, the newest last: one request per 1000 of them, however many are archived below."""
        found: dict[str, StoredObject] = {}
        token, seen = "", {""}
        while True:
            page = self._page(token)
            for stored in (self._listed(entry) for entry in page.get("Contents", ()) if self._is_export(entry)):
                # A key that is written while pages are fetched can come twice: the newest is what is there.
                found[stored.key] = max(stored, found.get(stored.key, stored))
            if not page.get("IsTruncated"):
                return sorted(found.values())
            token = page.get("NextContinuationToken", "")
            if token in seen:  # some servers repeat it, or leave it out: the rest of the listing cannot be had
                raise self._error("the listing does not come to an end", LATER)
            seen.add(token)

    def _page(self, token: str) -> ListObjectsV2OutputTypeDef:
        with told(self._where):
            if token:
                page = self._client.list_objects_v2(
                    Bucket=self._name, Prefix=self._prefix, Delimiter="/", ContinuationToken=token
                )
            else:
                page = self._client.list_objects_v2(Bucket=self._name, Prefix=self._prefix, Delimiter="/")
        # A login page answered with 200 parses as a listing of nothing; every real one, even an empty one, has these.
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
        """Look at one object; None when there is none."""
        found = self._look(key)
        return found[0] if found else None

    def _look(self, key: str) -> tuple[StoredObject, str] | None:
        """Look at one object; give its ETag as the server spells it, too."""
        try:
            with told(self._where, key, effect=STAYS):
                head = self._client.head_object(Bucket=self._name, Key=key)
        except ObjectMissing:
            return None
        if "LastModified" not in head or "ContentLength" not in head:
            raise self._error("the answer is not one of an S3 store", ENDPOINT)
        etag = head.get("ETag", "")
        return self._stored(key, head["LastModified"], etag, head["ContentLength"]), etag

    def _stored(self, key: str, modified: datetime, etag: str, size: int) -> StoredObject:
        with told(self._where):  # at the ends of the calendar a time has no UTC
            return StoredObject(modified.astimezone(UTC), key, norm_etag(etag), size)

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Download exactly the object that was listed and return the SHA-256 of its bytes, in hex."""
        # botocore retries a request, but never a body that breaks off.
        attempts = Retrying(
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=0.2, max=2),
            retry=retry_if_exception_type(ObjectCutShort),
            reraise=True,
        )
        return attempts(self._fetch_once, stored, into)

    def _fetch_once(self, stored: StoredObject, into: Path) -> str:
        with told(self._where, stored.key):
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
                f"{self._where}: {stored.key} came with bytes of another digest than the store said, three times.",
                next_step=LATER,
            )
        return digest.hexdigest()

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        """Copy within the store, and see that the copy is there."""
        if not isinstance(archive, S3Bucket) or archive._client.meta.endpoint_url != self._client.meta.endpoint_url:
            raise cannot_archive(self.url, archive.url, "that is another store")
        if (archive._name, key) == (self._name, stored.key):  # what is copied is deleted next
            raise cannot_archive(self.url, archive.url, "that is where it lies")
        if stored.size >= ONE_COPY:
            raise self._error(
                f"{stored.key} has 5 GB or more, which S3 does not copy at once", "Move it by hand.", STAYS
            )
        # No metadata and no conditions: some servers refuse the first, and most do not heed the second.
        with told(self._where, stored.key, effect=STAYS):
            self._client.copy_object(
                Bucket=archive._name, Key=key, CopySource={"Bucket": self._name, "Key": stored.key}
            )
        # A page answered with 200 looks like a success, and the caller goes on to delete.
        copy = archive.stat(key)
        if copy is None or copy.size != stored.size:
            raise self._error(f"{stored.key} was copied to {key}, but is not there", ENDPOINT, STAYS)

    def delete(self, stored: StoredObject) -> None:
        """Delete an object; one that is not there is fine.

        A server that heeds If-Match deletes nothing else. With the others an object is lost that is written anew
        between the look at it and the deletion.
        """
        etag = self._still_there(stored)
        if etag and not etag.startswith("W/"):  # a weak one never matches
            if self._delete_match(stored.key, etag):
                return
            # It was written anew, or this server cannot compare, or something on the way changes ETags.
            etag = self._still_there(stored)
        if etag is not None:
            with suppress(ObjectMissing), told(self._where, stored.key, effect=STAYS):
                self._client.delete_object(Bucket=self._name, Key=stored.key)

    def _delete_match(self, key: str, etag: str) -> bool:
        """Delete an object that has this ETag; False: it has not, or the server cannot tell."""
        with suppress(ObjectMissing), told(self._where, key, effect=STAYS):
            try:
                self._client.delete_object(Bucket=self._name, Key=key, IfMatch=etag)
            except ClientError as exc:
                if code_of(exc) not in _NO_MATCH:
                    raise
                return False
        return True

    def _still_there(self, stored: StoredObject) -> str | None:
        """Give the ETag of an object as the server spells it; None: it is gone. Raises ObjectChanged for another."""
        found = self._look(stored.key)
        if found is None:
            return None
        now, etag = found
        # Listings have fractions of a second, which answers to HEAD lack.
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
    """Whether the ETag is the digest of the bytes: it is not for parts (`-2`), nor where the store encrypts."""
    encrypted = any(answer.get(name) for name in ("ServerSideEncryption", "SSECustomerAlgorithm", "SSEKMSKeyId"))
    return not encrypted and re.fullmatch("[0-9a-f]{32}", norm_etag(answer.get("ETag", ""))) is not None
