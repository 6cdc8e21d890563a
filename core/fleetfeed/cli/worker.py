"""`fleetfeed worker`: prepare exports for rebuilds of other machines."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.errors import UsageError

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context


_START = 30.0  # seconds: workers may be started before their scheduler


def worker(
    ctx: typer.Context,
    scheduler: Annotated[str, typer.Option(help="Its address, instead of \\[executor] scheduler.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Prepare exports for `rebuild --executor dask`: a Dask worker with this project, without the database."""
    from fleetfeed.executors.cluster import INSTALL, check_tls, wait_for
    from fleetfeed.executors.worker import withhold_database
    from fleetfeed.project import Project

    context: Context = ctx.obj
    project = context.load()
    if scheduler:  # checked as if it stood in the settings
        project = Project.load(project.folder, {"executor.scheduler": scheduler})
    for feed in project.loaded.settings.feeds:  # a broken plugin is an error now, not in every chunk
        project.plugins.feed(feed)
    if not (address := project.loaded.settings.executor.scheduler):
        raise _not_started("No scheduler is known.", "Add --scheduler tls://HOST:8786, or set it under [executor].")
    if not find_spec("distributed"):
        raise _not_started("A worker needs Dask, which is not installed.", INSTALL)
    check_tls(address)
    typer.echo(f"Worker of {project.folder} for {address}; Ctrl-C ends it.", err=True)
    wait_for(address, _START)
    withhold_database()
    os.environ["FLEETFEED_PROJECT"] = str(project.folder)
    limits = ["--nthreads", "1", "--nworkers", str(workers), "--memory-limit", "1GiB", "--no-dashboard"]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, *limits]
    os.execv(sys.executable, command)  # noqa: S606 (no shell; all arguments are ours)


def _not_started(cause: str, next_step: str) -> UsageError:
    return UsageError(cause, effect="No worker was started.", next_step=next_step)
