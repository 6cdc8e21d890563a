"""`fleetfeed serve`: the map, the dashboard and the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.errors import UsageError

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.project import Project


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of `host` in \\[serve].")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port, instead of `port` in \\[serve]; 0 takes a free one.")
    ] = None,
) -> None:
    """Serve the map and the dashboard until SIGTERM or Ctrl-C."""
    context: Context = ctx.obj
    serve_project(context.load({"serve.host": host, "serve.port": port}))


def serve_project(project: Project, *, is_sample: bool = False, once: bool = False) -> None:
    """Serve a project; `is_sample`: made-up tickets, from a database whose owner is called. Raises UsageError.

    `once`: get the page and the first feed's dashboard, and end.
    """
    from fleetfeed.web.app import build
    from fleetfeed.web.files import built_page
    from fleetfeed.web.server import address, check_auth, fetch, listen, serve
    from fleetfeed.web.serving import Serving

    settings, feeds = project.loaded.settings.serve, project.loaded.names((), every=True)
    check_auth(settings.host, settings.auth)
    zone = project.loaded.settings.project.timezone
    readers = project.access.readers(as_reader=is_sample)
    whole, dispatchers = project.loaded.settings, project.access.dispatchers()
    serving = Serving(
        settings,
        tuple(feeds),
        zone,
        project.folder,
        readers,
        dispatchers,
        whole.units.position_max_age,
        whole.dispatch,
        whole.bursts,
        is_sample,
    )
    if settings.page and "index.html" not in built_page():
        raise UsageError("The page was not built.", next_step="Install the wheel, or run `make web` in a checkout.")
    app = build(serving)
    with listen(settings.host, settings.port) as listener:
        url = address(listener)

        def ready() -> None:
            typer.echo(f"Map and dashboard: {url}")
            for one in (url, f"{url}api/v1/feeds/{feeds[0]}/dashboard") if once else ():
                status, size = fetch(one)
                typer.echo(f"  {status} {one} ({size:,} bytes)")

        serve(app, listener, ready=ready, once=once)
