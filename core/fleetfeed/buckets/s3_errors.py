"""Translates botocore's exceptions into BucketError with cause and next step; the only place that does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from fleetfeed.errors import BucketError, ObjectMissing

CREDENTIALS = "Check RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY, or the AWS profile or role."
ENDPOINT = "Check endpoint_url of [store] (RUSTFS_ENDPOINT), and that the store is up."
LATER = "The next run tries again; if this recurs, check the store."
MISSING = frozenset({"404", "NoSuchKey"})  # HEAD has no body with a code

_SKEWED = ("the clock of this machine differs from the store's", "Set the clock (NTP) on both machines.")
_DENIED = ("access is denied", "Allow this key to list, read, write and delete under the feed's folders.")
_EXPIRED = ("the session token has expired or is not valid", "Get new temporary credentials.")
_BUSY = ("the store is overloaded or failing", LATER)
_REGION = ("the bucket lies in another region, or behind another address", "Check region and endpoint_url of [store].")
_KEY = ("the key that the object is encrypted with cannot be used", "Ask who manages the keys of the store (KMS).")
_FROZEN = "Restore the object, or change the lifecycle rule so that exports are not moved there; then run again."

_BY_CODE = {
    "NoSuchBucket": ("there is no such bucket", "Check the feed's source and archive, and RUSTFS_BUCKET."),
    "InvalidAccessKeyId": ("the store does not know the access key", CREDENTIALS),
    "SignatureDoesNotMatch": ("the secret key is not that of the access key", CREDENTIALS),
    "AccessDenied": _DENIED,
    "403": _DENIED,
    "RequestTimeTooSkewed": _SKEWED,
    "ExpiredToken": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "SlowDown": _BUSY,
    "InternalError": _BUSY,
    "503": _BUSY,
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "301": _REGION,
    "KMS.DisabledException": _KEY,
    "KMS.NotFoundException": _KEY,
    "KMS.KMSInvalidStateException": _KEY,
}

# The first match counts, so a class comes before its parents.
_BY_TYPE: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((boto.NoCredentialsError,), "there are no credentials", CREDENTIALS),
    ((boto.PartialCredentialsError,), "the credentials are incomplete", CREDENTIALS),
    ((boto.ProfileNotFound,), "the AWS profile that AWS_PROFILE names does not exist", CREDENTIALS),
    (
        (boto.CredentialRetrievalError, boto.TokenRetrievalError, boto.SSOError, boto.LoginError),
        "the credentials of the AWS profile or role cannot be had",
        CREDENTIALS,
    ),
    (
        (boto.SSLError,),
        "the certificate of the store is not trusted, or it does not speak TLS",
        "Check https:// or http:// in endpoint_url; AWS_CA_BUNDLE names a certificate authority of your own.",
    ),
    ((boto.ConnectTimeoutError, boto.ReadTimeoutError), "the store did not answer in time", ENDPOINT),
    ((boto.EndpointConnectionError, boto.ProxyConnectionError), "the store cannot be reached", ENDPOINT),
    ((boto.ResponseStreamingError, boto.IncompleteReadError), "the answer broke off", LATER),
    ((boto.HTTPClientError,), "the connection to the store broke", ENDPOINT),
    ((RecursionError,), "the store redirects in a circle", ENDPOINT),
    ((ResponseParserError, ValueError, OverflowError), "the answer is not one of an S3 store", ENDPOINT),
    ((boto.ParamValidationError, boto.InvalidConfigError), "botocore refuses the bucket's name or settings", ENDPOINT),
)


@contextmanager
def translated(where: str, key: str | None = None, *, effect: str = "Nothing was written.") -> Iterator[None]:
    """Raise botocore's exceptions as BucketError; for a missing object, ObjectMissing."""
    try:
        yield
    # botocore does not wrap errors in parsing an answer (a time, a size), and follows endless redirects.
    except (
        boto.BotoCoreError,
        boto.ClientError,
        ResponseParserError,
        ValueError,
        OverflowError,
        RecursionError,
    ) as exc:
        if key is not None and code_of(exc) in MISSING:
            raise ObjectMissing(f"{where}: {key} is not there any more.", effect=effect) from exc
        what, next_step = explain(exc)
        raise BucketError(f"{where}: {what}.", effect=effect, next_step=next_step) from exc


def explain(exc: Exception) -> tuple[str, str]:
    """Return what went wrong, and the next step."""
    if isinstance(exc, boto.ClientError):
        return _explain_answer(exc)
    if isinstance(exc, boto.EndpointConnectionError) and "resolve" in str(exc.kwargs.get("error", "")):
        return "the name of the store's host cannot be resolved", ENDPOINT
    for types, what, next_step in _BY_TYPE:
        if isinstance(exc, types):
            return what, next_step
    return f"botocore gave up ({type(exc).__name__})", LATER


def _explain_answer(exc: boto.ClientError) -> tuple[str, str]:
    code, message = code_of(exc), exc.response.get("Error", {}).get("Message") or ""  # an empty message is None
    if code == "AccessDenied" and "request time" in message:  # rclone's answer to a slow clock
        return _SKEWED
    if code == "InvalidObjectState":
        storage = exc.response.get("Error", {}).get("StorageClass") or "an archive class"
        return f"an object lies in storage class {storage}, from which it cannot be read", _FROZEN
    if code in _BY_CODE:
        return _BY_CODE[code]
    # botocore reports a web page that is not XML as 500, whatever its status was.
    if "html" in exc.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("content-type", ""):
        return f"a web page was answered ({code}), not by an S3 store", ENDPOINT
    return f"the store answered {code} ({message.strip()[:200] or 'no message'})", ENDPOINT


def code_of(exc: Exception) -> str:
    """Return the code of an error answer; '' for other exceptions."""
    return str(exc.response.get("Error", {}).get("Code", "")) if isinstance(exc, boto.ClientError) else ""
