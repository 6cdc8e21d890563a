"""Buckets with exports: S3, or a folder used like one."""

from __future__ import annotations

from pathlib import Path

from fleetfeed.buckets.folder import FolderBucket, stored_file
from fleetfeed.errors import ConfigError
from fleetfeed.interfaces import Bucket

__all__ = ["open_bucket", "stored_file"]


def open_bucket(
    url: str,
    *,
    project: Path,
    endpoint_url: str = "",
    region: str = "us-east-1",
    addressing: str = "path",
    access_key: str | None = None,
    secret_key: str | None = None,
    quick: bool = False,
) -> Bucket:
    """Open the bucket of an s3:// or file:// URL; relative folders are in the project. Raises ConfigError, BucketError.

    Without keys, credentials come from the AWS chain (environment, profile, role), and must exist.
    `quick`: short timeouts and no retries, for a person who waits for a store that may not answer.
    """
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    # Errors never contain the URL: it may have a password in it.
    if "@" in authority or ":" in authority:
        raise ConfigError(
            "A bucket URL holds credentials or a port, which do not belong in it.",
            next_step="Set RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY, and the address as endpoint_url of [store].",
        )
    if scheme == "file" and rest:
        return FolderBucket(project / rest)
    if scheme != "s3" or not authority:
        raise ConfigError("A bucket URL should be s3://BUCKET/FOLDER/ or file:///FOLDER/.")
    from fleetfeed.buckets.s3 import S3Bucket, connect  # botocore takes a third of a second to import

    client = connect(
        endpoint_url=endpoint_url,
        region=region,
        addressing=addressing,
        access_key=access_key,
        secret_key=secret_key,
        quick=quick,
    )
    return S3Bucket(client, authority, path)
