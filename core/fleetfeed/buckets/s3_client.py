"""The S3 client, configured to work with every S3 server and never to hang for long."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from fleetfeed._version import __version__
from fleetfeed.buckets.s3_errors import CREDENTIALS, translated
from fleetfeed.errors import BucketError, ConfigError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def connect(
    *,
    endpoint_url: str,
    region: str,
    addressing: str,
    access_key: str | None,
    secret_key: str | None,
    quick: bool = False,
) -> S3Client:
    """Return a client. Raises BucketError without credentials: there are no anonymous requests.

    `quick`: short timeouts, no retries.
    """
    if bool(access_key) != bool(secret_key):
        raise ConfigError("An access key needs its secret key, and the other way round.", next_step=CREDENTIALS)
    # Credentials of the AWS chain may be other ones the next time.
    make = _shared if access_key and secret_key else _client
    return make(endpoint_url, region, addressing, access_key, secret_key, quick)


def _client(
    endpoint_url: str, region: str, addressing: str, access_key: str | None, secret_key: str | None, quick: bool
) -> S3Client:
    host = _host(endpoint_url)
    with translated(f"The store {host}"):
        session = botocore.session.get_session()
        session.register_component("data_loader", _models())
        if access_key and secret_key:
            session.set_credentials(access_key, secret_key)
        # Checked now, as botocore would check only at the first request. The last source is the cloud's metadata
        # address, for which botocore waits a second; AWS_EC2_METADATA_DISABLED=true skips it.
        if session.get_credentials() is None:
            raise BucketError(f"The store {host}: there are no credentials.", next_step=CREDENTIALS)
        try:
            client = session.create_client(
                "s3", region or None, endpoint_url=endpoint_url or None, config=_config(addressing, quick)
            )
        except ValueError as exc:
            raise ConfigError(
                "endpoint_url of [store] is not a URL.", next_step="It should begin with https:// or http://."
            ) from exc
        return cast("S3Client", client)


# Making a client takes longer than most requests, and a run opens a source and an archive.
_shared = lru_cache(maxsize=8)(_client)


@cache
def _models() -> Loader:
    return create_loader()  # cached, as reading them takes most of a client's start


def _host(endpoint_url: str) -> str:
    parts = urlsplit(endpoint_url)
    if "@" in parts.netloc:
        raise ConfigError("endpoint_url of [store] holds credentials.", next_step=CREDENTIALS)
    return f"at {parts.netloc}" if parts.netloc else "of the AWS settings"


def _config(addressing: str, quick: bool) -> Config:
    read_timeout, attempts = (5, 1) if quick else (30, 4)
    return Config(
        signature_version="s3v4",
        s3={"addressing_style": cast("Literal['auto', 'virtual', 'path']", addressing)},
        # Other servers than AWS may reject or mishandle the checksums that botocore sends by default.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=5,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra=f"fleetfeed/{__version__}",
    )
