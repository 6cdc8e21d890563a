"""The routes under /api/v1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fleetfeed._version import __version__
from fleetfeed.errors import DatabaseError, DeadlineExceeded, InvalidArgument
from fleetfeed.web import answers, questions
from fleetfeed.web.files import OUTLINE
from fleetfeed.web.problems import Refused
from fleetfeed.web.questions import Ask, Question
from fleetfeed.web.serving import Serving

BASE = "/api/v1"
SCHEMA_VERSION = 1
_OPENAPI = Path(__file__).with_name("openapi.json")


async def index(request: Request) -> Response:
    """Return what a page needs to begin."""
    serving = serving_of(request)
    name = serving.auth.name(request)
    questions.check_names(given(request), ())
    settings, layers = serving.settings, serving.files.layers
    overlays = [{"name": name, "url": f"overlays/{name}.geojson"} for name in layers if name != OUTLINE]
    return JSONResponse(
        {
            "version": __version__,
            "schema_version": SCHEMA_VERSION,
            "timezone": serving.timezone,
            "feeds": [{"feed": feed, **_links(feed)} for feed in serving.feeds if await _has_table(serving, feed)],
            "map": {
                "center": settings.map.center,
                "zoom": settings.map.zoom,
                "outline": f"overlays/{OUTLINE}.geojson" if OUTLINE in layers else None,
                "overlays": overlays,
                "basemap": "basemap.pmtiles" if serving.files.tiles else None,
            },
            "is_sample": serving.is_sample,
            "poll_seconds": settings.poll.total_seconds(),
            "units": {
                "units": "api/v1/units",
                "position_max_age_seconds": serving.position_max_age.total_seconds(),
            },
            "ticket_url": settings.ticket_url or None,
            "me": {"name": name, "auth": settings.auth},
        },
        headers={"Cache-Control": "private, no-cache"},
    )


def routes() -> list[Route]:
    """Return the routes."""
    by_path: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "": index,
        "/openapi.json": openapi,
        "/feeds/{feed}/dashboard": _about_feed(questions.dashboard),
        "/feeds/{feed}/tickets.geojson": _about_feed(questions.tickets),
        "/feeds/{feed}/tickets.csv": _about_feed(questions.tickets_csv),
        "/feeds/{feed}/open.csv": _about_feed(questions.open_csv),
        "/feeds/{feed}/tickets/{ticket_id:path}": ticket,
        "/feeds/{feed}/loads": _about_feed(questions.loads),
        "/feeds/{feed}/teams": _about_feed(questions.teams),
        "/feeds/{feed}/teams.csv": _about_feed(questions.teams_csv),
        "/feeds/{feed}/freshness": _about_feed(questions.freshness),
    }
    return [Route(BASE + path, endpoint) for path, endpoint in by_path.items()]


async def ticket(request: Request) -> Response:
    """Return one ticket and its life."""
    serving, feed = await feed_of(request)
    return await _answer(request, serving, questions.ticket(feed, request.path_params["ticket_id"], given(request)))


async def openapi(request: Request) -> Response:
    """Return the description of this API."""
    serving_of(request).auth.name(request)
    return Response(_description(), media_type=questions.JSON)


@cache
def _description() -> bytes:
    return _OPENAPI.read_bytes()


def _about_feed(ask: Ask) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        serving, feed = await feed_of(request)
        return await _answer(request, serving, ask(feed, given(request)))

    return endpoint


async def _answer(request: Request, serving: Serving, question: Question) -> Response:
    etag = await _current(serving, question) if "if-none-match" in request.headers else ""
    if etag and answers.matches(request, etag):
        return answers.not_modified(etag)
    found = await serving.documents.get(question)
    if not found.exists:
        raise Refused(
            HTTPStatus.NOT_FOUND,
            f"There is no such ticket in feed {question.feed}.",
            "Pass its key as the export has it.",
        )
    name = ""
    if question.media_type == questions.CSV:
        at = datetime.fromtimestamp(found.at, ZoneInfo(serving.timezone))
        name = f"{question.feed}-{at:%Y%m%dT%H%M%z}.csv"
    kept_since = found.at if found.is_kept else None
    return answers.document(request, found.body, found.etag, question.media_type, kept_since=kept_since, name=name)


async def feed_of(request: Request) -> tuple[Serving, str]:
    """Check who asks, and return the feed that the path names.

    Raises Refused (404) for a feed whose table is not made yet; while the database is away, this is not known.
    """
    serving = serving_of(request)
    serving.auth.name(request)
    feed = serving.feed(request.path_params["feed"])
    if not await _has_table(serving, feed):
        raise Refused(HTTPStatus.NOT_FOUND, f"Feed {feed} has no table yet.", "Run `fleetfeed migrate`.")
    return serving, feed


async def _has_table(serving: Serving, feed: str) -> bool:
    try:
        await serving.documents.versions.of(feed)
    except InvalidArgument:
        return False
    except (DatabaseError, DeadlineExceeded):
        return True
    return True


async def _current(serving: Serving, question: Question) -> str:
    """Return the tag of the current answer; "" while the database is away."""
    try:
        return await serving.documents.etag(question)
    except (DatabaseError, DeadlineExceeded):
        return ""


def given(request: Request) -> Mapping[str, str]:
    """Return the parameters of a query. Raises InvalidArgument for one that is given twice."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            raise InvalidArgument(f"{name} is given twice.", effect="", next_step="Pass each parameter once.")
        found[name] = value
    return found


def _links(feed: str) -> dict[str, Any]:
    names = {
        "dashboard": "dashboard",
        "tickets": "tickets.geojson",
        "csv": "open.csv",
        "teams": "teams",
        "dispatch": "dispatch",
        "bursts": "bursts",
        "loads": "loads",
        "freshness": "freshness",
    }
    names |= {"nearest": "nearest", "nearest_units": "nearest-units"}
    return {name: f"api/v1/feeds/{feed}/{path}" for name, path in names.items()}


def serving_of(request: Request) -> Serving:
    """Return the server that a request asks."""
    found: Serving = request.app.state.serving
    return found
