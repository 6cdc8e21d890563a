"""`fleetfeed demo`: every step from export to dashboard, on a private database and a local S3 server."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.demo_steps import show, show_dispatch
from fleetfeed.errors import UsageError
from fleetfeed.runtime.scratch import temporary

if TYPE_CHECKING:
    from fleetfeed.buckets.local_server import LocalS3
    from fleetfeed.cli.context import Context

DATABASE = "fleetfeed_demo"
BUCKET = "tickets"


def demo(
    ctx: typer.Context,
    serve: Annotated[
        bool | None,
        typer.Option(
            "--serve/--no-serve", help="Serve the page until Ctrl-C; else get it once. Default: on a terminal."
        ),
    ] = None,
) -> None:
    """Load a week of exports of the first feed, and serve its map. Your data is not touched."""
    from fleetfeed.buckets.local_server import local_s3
    from fleetfeed.cli.demo_fleet import driving
    from fleetfeed.cli.serve import serve_project

    start = perf_counter()
    lasts = sys.stdout.isatty() if serve is None else serve
    context: Context = ctx.obj
    project = context.load()
    feed = next(iter(project.loaded.settings.feeds))
    project.feeds([feed])
    sample = _sample(project.plugins.get(feed).folder or Path(), feed)
    server = project.access.server
    typer.secho("A private PostgreSQL with PostGIS starts, and an S3 server on the loopback …", bold=True)
    server.start()
    server.drop_database(DATABASE)
    url = server.create_database(DATABASE)
    with (
        tempfile.TemporaryDirectory(prefix="fleetfeed-demo-", dir=temporary()) as folder,
        local_s3(Path(folder)) as store,
    ):
        shown = context.load(_settings(feed, url, store, lasts=lasts))
        show(shown, feed, Path(folder) / BUCKET / "exports", sample)
        fleet = show_dispatch(shown, feed)
    seconds = perf_counter() - start
    typer.secho(f"\nThat took {seconds:.1f} s. To go on with its database, here in another terminal:", bold=True)
    for line in _next(context, feed, url):
        typer.echo(f"  {line}")
    typer.secho(
        f"\n$ fleetfeed serve{'' if lasts else '          # here only once: --serve goes on'}", fg="cyan", bold=True
    )
    with driving(shown, fleet):
        serve_project(shown, is_sample=True, once=not lasts)


def _sample(folder: Path, feed: str) -> Path:
    """Return the export that the demo shows: demo.csv of the feed's folder, else its sample."""
    for name in ("demo.csv", "sample.csv"):
        if (path := folder / name).is_file():
            return path
    raise UsageError(
        f"Feed {feed} has no {folder / 'sample.csv'}.", next_step="Put an export there, or name another feed first."
    )


def _next(context: Context, feed: str, url: str) -> Iterator[str]:
    """Yield the lines to paste into a shell in the current folder."""
    script = Path(sys.executable).with_name("fleetfeed")
    here = "fleetfeed" if shutil.which("fleetfeed") else shlex.quote(os.path.relpath(script))
    if context.project:
        here += f" --project {shlex.quote(str(context.project))}"
    yield f"export DATABASE_URL={shlex.quote(url)}"
    yield f"{here} dispatch {feed}    # who should go where, and why"
    yield f"{here} teams {feed}       # who closed what"
    yield f"{here} db stop         # at the end: the private PostgreSQL runs until then"


def _settings(feed: str, url: str, store: LocalS3, *, lasts: bool) -> dict[str, Any]:
    return {
        "database.url": url,
        "store.endpoint_url": store.endpoint_url,
        "store.access_key": store.access_key,
        "store.secret_key": store.secret_key,
        f"feeds.{feed}.source": f"s3://{BUCKET}/exports/",
        f"feeds.{feed}.archive": f"s3://{BUCKET}/exports/processed/",
        f"feeds.{feed}.geocoders": ["gazetteer"],  # no key, no network
        "serve.host": "127.0.0.1",
        "serve.auth": "none",
        **({} if lasts else {"serve.port": 0}),
    }
