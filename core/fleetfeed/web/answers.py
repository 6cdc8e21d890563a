"""Responses: conditional requests, compression, and how long something may be kept."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from fleetfeed.web.problems import Refused

KEPT = "Fleetfeed-Kept"
_PRIVATE = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def matches(request: Request, etag: str) -> bool:
    """Whether the client has this version already (If-None-Match: a list or `*`, compared weakly)."""
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in _TAG.findall(given)


def not_modified(etag: str) -> Response:
    """Return 304."""
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": f'W/"{etag}"', **_PRIVATE})


def document(
    request: Request, zipped: bytes, etag: str, media_type: str, *, kept_since: float | None = None, name: str = ""
) -> Response:
    """Return a document; `kept_since`: the database is away and this is the answer of that time."""
    if kept_since is None and matches(request, etag):
        return not_modified(etag)
    headers = {"ETag": f'W/"{etag}"', **_PRIVATE}
    if kept_since is not None:
        since = datetime.fromtimestamp(kept_since, UTC).isoformat(timespec="seconds")
        headers[KEPT] = f"since={since}; reason=database"
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return compressed(request, zipped, media_type, headers)


def compressed(request: Request, zipped: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """Return compressed bytes, or decompressed ones for a client that cannot read gzip."""
    if accepts(request, "gzip"):
        return Response(zipped, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
    if accepts(request, "identity"):
        return Response(gzip.decompress(zipped), media_type=media_type, headers=headers)
    raise Refused(HTTPStatus.NOT_ACCEPTABLE, "The response is sent as gzip or as it is.", "Accept one of them.")


def accepts(request: Request, coding: str) -> bool:
    """Whether Accept-Encoding allows a coding; `identity` is allowed unless refused."""
    quality: dict[str, float] = {}
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = part.partition(";")
        found = re.fullmatch(r"\s*q\s*=\s*([0-9.]{1,6})\s*", weight)
        quality[name.strip()] = float(found[1]) if found and found[1].count(".") <= 1 and found[1] != "." else 1.0
    usual = 1.0 if coding == "identity" and quality.get("*") != 0 else quality.get("*", 0.0)
    return quality.get(coding, usual) > 0
