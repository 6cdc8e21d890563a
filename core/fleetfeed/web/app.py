"""The web application: routes, error pages and guards, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from fleetfeed.errors import FleetfeedError, InvalidArgument
from fleetfeed.web import api, dispatch, page, problems, units
from fleetfeed.web.guards import LOOPBACK, Guards
from fleetfeed.web.problems import Refused
from fleetfeed.web.serving import Serving


def build(serving: Serving) -> Guards:
    """Return the application of a server. Raises ConfigError for settings that cannot be served."""
    settings = serving.settings
    serving.auth, serving.files.layers, serving.files.tiles  # noqa: B018 (check them before the first request)
    app = Starlette(
        routes=[*api.routes(), *units.routes(), *dispatch.routes(), *page.routes(settings.page)],
        exception_handlers={
            Refused: problems.on_refused,
            InvalidArgument: problems.on_invalid,
            FleetfeedError: problems.on_error,
            HTTPException: problems.on_status,
            Exception: problems.on_error,
        },
        lifespan=_lifespan,
    )
    app.state.serving = serving
    app.router.redirect_slashes = False
    hosts = (settings.host, *LOOPBACK, *settings.allowed_hosts)
    return Guards(app, hosts, settings.allow_origins, settings.embed_in)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    serving: Serving = app.state.serving
    pools = [pool for pool in (serving.readers, serving.dispatchers) if pool]
    for pool in pools:
        await pool.open()
    try:
        yield
    finally:
        for pool in pools:
            await pool.close()
