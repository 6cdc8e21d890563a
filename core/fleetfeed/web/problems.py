"""Errors as `application/problem+json` (RFC 9457): no host, SQL, path or secret in any of them."""

from __future__ import annotations

import json
from http import HTTPStatus
from secrets import token_hex

from starlette.requests import Request
from starlette.responses import Response

from fleetfeed.errors import FleetfeedError, InvalidArgument, SchemaBehind, as_expected
from fleetfeed.runtime import logs

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
_MIGRATE = "Run `fleetfeed migrate`."
_AWAY = "The database does not answer."
_AWAY_HINT = "Nothing is lost; try again in a moment. `fleetfeed doctor` finds the cause."


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, detail: str, hint: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.hint, self.headers = status, detail, hint, headers or {}


def problem(refused: Refused, request_id: str = "") -> Response:
    """Return the response for an error."""
    body = {
        "type": "about:blank",
        "title": refused.status.phrase,
        "status": refused.status.value,
        "detail": refused.detail,
        "hint": refused.hint,
        **({"request_id": request_id} if request_id else {}),
    }
    headers = {"Cache-Control": "no-store", **refused.headers}
    return Response(json.dumps(body, ensure_ascii=False), refused.status, headers, MEDIA_TYPE)


async def on_refused(_: Request, error: Exception) -> Response:
    """Answer a refused request."""
    if not isinstance(error, Refused):
        raise error
    return problem(error)


async def on_invalid(_: Request, error: Exception) -> Response:
    """Answer a request whose arguments are rejected, with the function's own message and hint."""
    if not isinstance(error, InvalidArgument):
        raise error
    return problem(Refused(HTTPStatus.BAD_REQUEST, error.cause, error.next_step))


async def on_error(_: Request, error: Exception) -> Response:
    """Answer a request that failed; the cause goes to the log, with the number that the response names."""
    number = token_hex(4)
    expected = as_expected(error)
    is_ours = isinstance(error, FleetfeedError)
    logs.log(
        logs.ERROR,
        f"request {number}: {expected.cause}",
        event="request_failed",
        trace=None if is_ours else error,
        request_id=number,
    )
    if isinstance(error, SchemaBehind):
        behind = Refused(HTTPStatus.SERVICE_UNAVAILABLE, "The database is behind this version of fleetfeed.", _MIGRATE)
        return problem(behind, number)
    if is_ours:
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return problem(Refused(HTTPStatus.SERVICE_UNAVAILABLE, _AWAY, _AWAY_HINT, headers), number)
    detail = "The server made a mistake; its log has the cause under this number."
    return problem(Refused(HTTPStatus.INTERNAL_SERVER_ERROR, detail, "Please report it."), number)


async def on_status(_: Request, error: Exception) -> Response:
    """Answer what starlette itself refuses: an unknown path, another method."""
    status = HTTPStatus(getattr(error, "status_code", 500))
    headers = dict(getattr(error, "headers", None) or {})
    allowed = headers.get("Allow", "").split(", ")
    only = ("reading", "GET or HEAD") if "GET" in allowed else ("writing", allowed[0])
    details = {
        HTTPStatus.NOT_FOUND: ("There is nothing at this address.", "/api/v1/openapi.json lists all."),
        HTTPStatus.METHOD_NOT_ALLOWED: (f"This address is only for {only[0]}.", f"Use {only[1]}."),
    }
    detail, hint = details.get(status, (status.description or status.phrase, ""))
    return problem(Refused(status, detail, hint, headers))
