"""The page, its files, the layers of its map, signing in, and whether the server is well."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from fleetfeed.errors import FleetfeedError
from fleetfeed.web import answers
from fleetfeed.web.auth import COOKIE, SESSION_SECONDS
from fleetfeed.web.files import File, built_page
from fleetfeed.web.guards import LOOPBACK
from fleetfeed.web.problems import Refused
from fleetfeed.web.serving import Serving
from fleetfeed.web.writes import check_same_origin, read_body

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_CHECKED = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
_LONGEST_FORM = 4096
_READY_SECONDS = 2.0


def routes(with_page: bool = True) -> list[Route]:
    """Return the routes; without the page only those of health."""
    health = [Route("/healthz", healthz), Route("/readyz", readyz)]
    if not with_page:
        return health
    return [
        *health,
        Route("/", page),
        Route("/static/{path:path}", static),
        Route("/overlays/{name}.geojson", overlay),
        Route("/basemap.pmtiles", basemap),
        Route("/login", log_in, methods=["POST"]),
        Route("/logout", log_out, methods=["POST"]),
    ]


async def page(request: Request) -> Response:
    """Return the page; it holds no data, so that it can also ask to sign in."""
    found = built_page().get("index.html")
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "The page was not built.", "Install the wheel, or run `make web`.")
    return _sent(request, found, _CHECKED)


async def static(request: Request) -> Response:
    """Return a file of the page. Their names hold a version or a digest, so each is kept for ever."""
    found = built_page().get(request.path_params["path"])
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "The page has no such file.", "Reload the page.")
    return _sent(request, found, _FOREVER)


async def overlay(request: Request) -> Response:
    """Return a layer of the map."""
    serving = _serving(request)
    serving.auth.name(request)
    found = serving.files.layers.get(request.path_params["name"])
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "The map has no such layer.", "Name it in [serve.map] overlays.")
    return _sent(request, found, _CHECKED)


async def basemap(request: Request) -> Response:
    """Return the tiles of the base map, or a range of their bytes."""
    serving = _serving(request)
    serving.auth.name(request)
    if serving.files.tiles is None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no base map.", "Name one in [serve.map] pmtiles.")
    return FileResponse(serving.files.tiles, media_type="application/vnd.pmtiles", headers=_CHECKED)


async def log_in(request: Request) -> Response:
    """Begin a session with a token from a form."""
    serving = _serving(request)
    if serving.settings.auth != "token":
        raise Refused(HTTPStatus.NOT_FOUND, "This server needs no sign-in.")
    check_same_origin(request)
    body = await read_body(request, _LONGEST_FORM, "Send only the token.")
    secret = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0].strip()
    key = serving.auth.log_in(request, secret)
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    is_local = _host(request) in LOOPBACK
    response.set_cookie(COOKIE, key, max_age=SESSION_SECONDS, httponly=True, samesite="strict", secure=not is_local)
    return response


async def log_out(request: Request) -> Response:
    """End a session."""
    check_same_origin(request)
    _serving(request).auth.log_out(request)
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(COOKIE)
    return response


async def healthz(_: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> Response:
    """Say whether the database answers."""
    try:
        await _serving(request).readers.ask("SELECT 1", patience=_READY_SECONDS)
    except FleetfeedError:
        away = HTTPStatus.SERVICE_UNAVAILABLE
        return PlainTextResponse("the database does not answer\n", away, {"Cache-Control": "no-store"})
    return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})


def _sent(request: Request, file: File, headers: dict[str, str]) -> Response:
    tag = {"ETag": f'W/"{file.etag}"'}
    if answers.matches(request, file.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=tag | headers)
    return answers.compressed(request, file.zipped, file.media_type, tag | headers)


def _host(request: Request) -> str:
    name = request.url.hostname or ""
    return f"[{name}]" if ":" in name else name


def _serving(request: Request) -> Serving:
    found: Serving = request.app.state.serving
    return found
