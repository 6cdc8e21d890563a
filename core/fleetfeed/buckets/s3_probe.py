"""Information about a store for `fleetfeed doctor`; not used by runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from fleetfeed.buckets.s3 import S3Bucket

if TYPE_CHECKING:
    from fleetfeed.interfaces import Bucket

_CHAIN = {
    "env": "AWS_ACCESS_KEY_ID",
    "shared-credentials-file": "the AWS credentials file",
    "config-file": "the AWS configuration file",
    "iam-role": "the role of this machine",
    "container-role": "the role of this container",
    "assume-role": "a role that the AWS profile assumes",
    "assume-role-with-web-identity": "a web identity",
    "sso": "AWS single sign-on",
}


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store reports about itself."""

    versioning: str | None  # "Enabled", "Suspended", "" for never; None: unknown
    time: datetime | None  # of its clock


def store_info(bucket: Bucket) -> StoreInfo:
    """Ask the store of a bucket; for folders, everything is None."""
    if not isinstance(bucket, S3Bucket):
        return StoreInfo(None, None)
    try:
        answer = bucket._client.get_bucket_versioning(Bucket=bucket._name)
    except ClientError as error:  # not supported by many stores, and not allowed for many keys
        return StoreInfo(None, _time(error.response["ResponseMetadata"]["HTTPHeaders"].get("date", "")))
    except (BotoCoreError, ResponseParserError):
        return StoreInfo(None, None)
    return StoreInfo(answer.get("Status", ""), _time(answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")))


def credentials_source() -> str:
    """Return where in the AWS chain credentials are found (not the credentials); '' if there are none."""
    try:
        found = botocore.session.get_session().get_credentials()
    except BotoCoreError:  # opening the store uses the same chain, and reports the error
        return ""
    return _CHAIN.get(found.method, found.method) if found else ""


def _time(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
