"""The routes of units: where they are, what is nearest, and positions that are sent."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fleetfeed.database.readers import Dispatchers
from fleetfeed.errors import InvalidArgument, NoPositions
from fleetfeed.fleet import Position
from fleetfeed.states import FixOutcome, TokenRole
from fleetfeed.text.suggest import did_you_mean
from fleetfeed.units.nearest import UNITS
from fleetfeed.units.positions import TAKE, as_json
from fleetfeed.web import answers, questions
from fleetfeed.web.api import BASE, feed_of, given, serving_of
from fleetfeed.web.problems import Refused
from fleetfeed.web.questions import Ask, Question
from fleetfeed.web.writes import check_no_other_origin, json_body

MOST_POSITIONS = 1000
LONGEST_BODY = 256 * 1024
_MEMBERS = ("unit", "latitude", "longitude", "at", "accuracy_m")
# Positions change without a load, so no version says when these documents do: they are asked for anew.
_NOT_KEPT = {"Cache-Control": "no-store", "Vary": "Accept-Encoding, Authorization, Cookie"}
_LEVEL = 5  # of gzip


def routes() -> list[Route]:
    """Return the routes."""
    return [
        Route(f"{BASE}/units", units),
        Route(f"{BASE}/units/positions", put_positions, methods=["PUT"]),
        Route(f"{BASE}/feeds/{{feed}}/nearest", _about_feed(questions.nearest)),
        Route(f"{BASE}/feeds/{{feed}}/nearest-units", _about_feed(questions.nearest_units)),
    ]


async def units(request: Request) -> Response:
    """Return all units, and where they are."""
    serving_of(request).auth.name(request)
    questions.check_names(given(request), ())
    return await _answer(request, Question("", UNITS, ()))


async def put_positions(request: Request) -> Response:
    """Store positions, and return what became of each."""
    name, dispatchers = writer(request, TokenRole.FEEDER, TokenRole.DISPATCHER)
    questions.check_names(given(request), ())
    positions = _read(await json_body(request, LONGEST_BODY, f"Send at most {MOST_POSITIONS:,} positions at once."))
    outcomes = await dispatchers.ask(TAKE, [as_json(positions), f"api:{name}"])
    each = [{"unit": one.unit, "outcome": outcome} for one, outcome in zip(positions, outcomes, strict=True)]
    taken = Counter(outcomes)[FixOutcome.TAKEN]
    return JSONResponse({"schema_version": 1, "taken": taken, "positions": each}, headers=_NOT_KEPT)


def writer(request: Request, *roles: TokenRole) -> tuple[str, Dispatchers]:
    """Return the name of who writes, and the connection that does it for them. Raises Refused (403)."""
    serving = serving_of(request)
    check_no_other_origin(request)
    name = serving.auth.writer(request, *roles)
    if serving.dispatchers is None:
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "This server takes no positions and no holds.",
            "Set FLEETFEED_SERVE__DISPATCHER_URL to a login IN ROLE fleetfeed_dispatcher: docs/http-api.md.",
        )
    return name, serving.dispatchers


def not_kept(request: Request, body: bytes, media_type: str) -> Response:
    """Return a document that nobody keeps."""
    return answers.compressed(request, gzip.compress(body, _LEVEL, mtime=0), media_type, _NOT_KEPT)


def _about_feed(ask: Ask) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        _, feed = await feed_of(request)
        return await _answer(request, ask(feed, given(request)))

    return endpoint


async def _answer(request: Request, question: Question) -> Response:
    serving = serving_of(request)
    text = await serving.readers.ask(question.sql, question.values)
    if text is None:
        raise Refused(
            HTTPStatus.NOT_FOUND,
            f"There is no such ticket in feed {question.feed}.",
            "Pass its key as the export has it.",
        )
    return not_kept(request, serving.documents.render(question, text), question.media_type)


def _read(body: object) -> list[Position]:
    """Read a list of positions. Raises InvalidArgument with every fault."""
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise _invalid("The body is no list of objects.")
    if len(body) > MOST_POSITIONS:
        raise _invalid(f"The list has {len(body):,} positions.", f"Send at most {MOST_POSITIONS:,} at once.")
    for number, one in enumerate(body):
        if unknown := next((name for name in one if name not in _MEMBERS), None):
            raise _invalid(f"Position {number} has a member {unknown[:60]!r}{did_you_mean(unknown, _MEMBERS) or '.'}")
    try:
        return Position.read_all((f"position {number}", one) for number, one in enumerate(body))
    except NoPositions as error:
        raise _invalid(error.cause.strip()) from None


def _invalid(cause: str, hint: str = "") -> InvalidArgument:
    return InvalidArgument(cause, effect="", next_step=hint or f"Members of each: {', '.join(_MEMBERS)}.")
