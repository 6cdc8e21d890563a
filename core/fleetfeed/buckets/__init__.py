"""Where exports lie: an S3 bucket, or a folder that is treated as one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fleetfeed.buckets.folder import FolderBucket, stored_file
from fleetfeed.errors import ConfigError

if TYPE_CHECKING:
    from fleetfeed.model import StoredObject

__all__ = ["Bucket", "open_bucket", "stored_file"]


class Bucket(Protocol):
    """What the stages ask of a store of exports. Whatever it cannot do is a BucketError."""

    @property
    def url(self) -> str:
        """The folder it stands for, with a final slash and no secrets."""

    def exports(self) -> list[StoredObject]:
        """List the CSV files directly under the prefix that are not empty, the newest last."""

    def stat(self, key: str) -> StoredObject | None:
        """Look at one object; None when there is none.

        Its time may be cut to whole seconds, so compare only `etag` and `size` with those of a listing.
        """

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Download exactly the object that was listed and return the SHA-256 of its bytes, in hex.

        Raises ObjectMissing or ObjectChanged when the listing is out of date. `into` is written whole or not at all.
        """

    def key_for(self, name: str) -> str:
        """Name the key of a file directly under the prefix."""

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        """Copy within the store, and see that the copy is there.

        A folder refuses to overwrite what differs. S3 has no portable way to refuse, so ask `archive.stat(key)` first.
        """

    def delete(self, stored: StoredObject) -> None:
        """Delete an object; one that is not there is fine.

        Raises ObjectChanged when it is another one by now, as far as the store can tell.
        """


def open_bucket(
    url: str,
    *,
    project: Path,
    endpoint_url: str = "",
    region: str = "us-east-1",
    addressing: str = "path",
    access_key: str | None = None,
    secret_key: str | None = None,
    looking: bool = False,
) -> Bucket:
    """Open the bucket of an s3:// or file:// URL; a relative folder is one of the project.

    Credentials that are not given are those of the AWS chain (environment, profile, role), and must exist.
    `looking`: a store that does not answer is given up after seconds.
    """
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    # The url itself is never told in an error: somebody may have put a password in it.
    if "@" in authority or ":" in authority:
        raise ConfigError(
            "A bucket URL holds credentials or a port, which do not belong in it.",
            next_step="Set RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY, and the address as endpoint_url of [store].",
        )
    if scheme == "file" and rest:
        return FolderBucket(project / rest)
    if scheme != "s3" or not authority:
        raise ConfigError("A bucket URL should be s3://BUCKET/FOLDER/ or file:///FOLDER/.")
    from fleetfeed.buckets.s3 import S3Bucket, connect  # boto3 takes a third of a second to import

    client = connect(
        endpoint_url=endpoint_url,
        region=region,
        addressing=addressing,
        access_key=access_key,
        secret_key=secret_key,
        looking=looking,
    )
    return S3Bucket(client, authority, path)
