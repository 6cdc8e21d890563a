"""What is checked of a request that changes something."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.requests import Request

from fleetfeed.errors import InvalidArgument
from fleetfeed.web.problems import Refused
from fleetfeed.web.questions import JSON


def check_same_origin(request: Request) -> None:
    """Check what browsers say about the page that sent a request. Raises Refused (403)."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise _refused()


def check_no_other_origin(request: Request) -> None:
    """Check also the origin, which browsers also send on pages without TLS. Raises Refused (403)."""
    check_same_origin(request)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise _refused()


async def read_body(request: Request, longest: int, hint: str) -> bytes:
    """Return the body of a request. Raises Refused (413)."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > longest:
            what = f"The body is longer than {longest:,} bytes."
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, what, hint)
    return body


async def json_body(request: Request, longest: int, hint: str) -> object:
    """Return what the JSON of a body says. Raises Refused (413, 415) or InvalidArgument."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is not JSON.", f"Send it as {JSON}.")
    try:
        found: object = json.loads(await read_body(request, longest, hint))
    except (ValueError, RecursionError):
        raise InvalidArgument(
            "The body cannot be read as JSON.", effect="Nothing was written.", next_step=hint
        ) from None
    return found


def _refused() -> Refused:
    return Refused(HTTPStatus.FORBIDDEN, "Another site sent this request.", "Open the page itself.")
