"""The routes of dispatch: plans, bursts, and what a dispatcher decides by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch import inputs
from fleetfeed.dispatch.part import part
from fleetfeed.dispatch.rendered import as_csv, as_geojson
from fleetfeed.dispatch.suggest import check_installed, suggest
from fleetfeed.errors import InvalidArgument, UsageError
from fleetfeed.states import HoldKind, TokenRole
from fleetfeed.web.api import BASE, feed_of, given
from fleetfeed.web.problems import Refused
from fleetfeed.web.questions import CSV, GEOJSON, JSON, check_names, one_of
from fleetfeed.web.units import not_kept, writer
from fleetfeed.web.writes import json_body

LONGEST_BODY = 16 * 1024
_MEMBERS = ("kind", "unit", "ticket_id", "until", "why")


def routes() -> list[Route]:
    """Return the routes."""
    feed = f"{BASE}/feeds/{{feed}}"
    return [
        Route(f"{feed}/dispatch", partial(_plan, orjson.dumps, JSON)),
        Route(f"{feed}/dispatch.csv", partial(_plan, lambda document: as_csv(document).encode(), CSV)),
        Route(f"{feed}/dispatch.geojson", partial(_plan, lambda document: orjson.dumps(as_geojson(document)), GEOJSON)),
        Route(f"{feed}/bursts", bursts),
        Route(f"{feed}/holds", add_hold, methods=["POST"]),
        Route(f"{feed}/holds/{{number:int}}", end_hold, methods=["DELETE"]),
    ]


async def bursts(request: Request) -> Response:
    """Return the open tickets that lie together and are probably one cause."""
    serving, feed = await feed_of(request)
    check_names(given(request), ())
    sql = f"SELECT reporting.fn_{feed}_bursts(%s, %s, %s, %s)::text"
    document = json.loads(await serving.readers.ask(sql, serving.bursts.values()) or "{}")
    for burst in document["bursts"] if "bucket" in serving.settings.hide else ():
        burst.pop("kind")
    return not_kept(request, orjson.dumps(document), JSON)


async def add_hold(request: Request) -> Response:
    """Store what a dispatcher decides, and return its number."""
    _, feed = await feed_of(request)
    name, dispatchers = writer(request, TokenRole.DISPATCHER)
    check_names(given(request), ())
    hold = _read(await json_body(request, LONGEST_BODY, "Send one hold."))
    values = [hold["kind"], hold.get("unit"), feed, hold.get("ticket_id"), hold["until"], hold["why"], f"api:{name}"]
    number = await dispatchers.ask(inputs.HOLD, values)
    made = {"schema_version": 1, "hold_id": number}
    return JSONResponse(made, HTTPStatus.CREATED, headers={"Cache-Control": "no-store"})


async def end_hold(request: Request) -> Response:
    """End a hold now."""
    _, feed = await feed_of(request)
    _, dispatchers = writer(request, TokenRole.DISPATCHER)
    check_names(given(request), ())
    was_there = await dispatchers.ask(inputs.END_HOLD, [request.path_params["number"], feed])
    if not was_there:
        raise Refused(HTTPStatus.NOT_FOUND, "No such hold counts now.", "The plan lists those that do.")
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _plan(show: Callable[[Mapping[str, Any]], bytes], media_type: str, request: Request) -> Response:
    serving, feed = await feed_of(request)
    values = given(request)
    check_names(values, ("unit", "cluster", "per_unit"))
    rules = _rules(serving.dispatch, values)
    try:
        check_installed()
    except UsageError as error:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, error.cause, error.next_step) from None
    answer = await serving.readers.ask(*inputs.question(feed, serving.bursts))
    for_dispatchers = serving.auth.is_dispatcher(request)
    units = [values["unit"]] if "unit" in values else []

    def compute() -> bytes:
        max_age, hide = serving.position_max_age, serving.settings.hide
        whole = suggest(feed, answer or "", rules, max_age, hide, for_dispatchers=for_dispatchers)
        return show(part(whole, units, values.get("cluster")))

    try:
        return not_kept(request, await asyncio.to_thread(compute), media_type)
    except UsageError as error:
        raise InvalidArgument(error.cause, effect="", next_step=error.next_step) from None


def _rules(rules: DispatchSettings, values: Mapping[str, str]) -> DispatchSettings:
    if "per_unit" not in values:
        return rules
    per_unit = one_of("per_unit", values["per_unit"], [str(n) for n in range(1, 21)])
    return rules.model_copy(update={"per_unit": int(per_unit)})


def _read(body: object) -> dict[str, Any]:
    """Read a hold. Raises InvalidArgument; the database checks what fits together."""
    if not isinstance(body, dict) or set(body) - set(_MEMBERS):
        raise _invalid(f"The body should be an object with the members {', '.join(_MEMBERS)}.")
    wrong = [name for name, value in body.items() if not isinstance(value, str) or "\0" in value]
    if wrong:
        raise _invalid(f"{wrong[0]} is no text.")
    if missing := [name for name in ("kind", "until", "why") if name not in body]:
        raise _invalid(f"{missing[0]} is missing.")
    one_of("kind", body["kind"], [*HoldKind])
    try:
        is_time = bool(datetime.fromisoformat(body["until"]).tzinfo)
    except ValueError:
        is_time = False
    if not is_time:
        raise _invalid("until should be a time with an offset.")
    return body


def _invalid(cause: str) -> InvalidArgument:
    return InvalidArgument(cause, effect="Nothing was written.", next_step="docs/dispatch.md shows a hold.")
