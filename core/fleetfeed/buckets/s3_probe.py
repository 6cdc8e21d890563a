"""What can be told of a store itself: for `fleetfeed doctor`, and never for a run."""

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
class About:
    """Hold what a store says of itself."""

    versioning: str | None  # "Enabled", "Suspended", "" for never; None: it does not say
    time: datetime | None  # by its clock


def about_of(bucket: Bucket) -> About:
    """Ask the store of a bucket; a folder has nothing to say."""
    if not isinstance(bucket, S3Bucket):
        return About(None, None)
    try:
        answer = bucket._client.get_bucket_versioning(Bucket=bucket._name)
    except ClientError as error:  # many stores do not know the question, and many keys may not ask it
        return About(None, _time(error.response["ResponseMetadata"]["HTTPHeaders"].get("date", "")))
    except (BotoCoreError, ResponseParserError):
        return About(None, None)
    return About(answer.get("Status", ""), _time(answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")))


def chain() -> str:
    """Tell where in the AWS chain credentials are found, and never what they are; empty where none can be had."""
    try:
        found = botocore.session.get_session().get_credentials()
    except BotoCoreError:  # the store is opened with the same chain, and tells what is wrong with it
        return ""
    return _CHAIN.get(found.method, found.method) if found else ""


def _time(header: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(header)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
