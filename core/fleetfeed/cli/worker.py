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


def worker(
    ctx: typer.Context,
    scheduler: Annotated[str, typer.Option(help="Its address, instead of [executor] scheduler.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Prepare exports for `rebuild --executor dask`: a Dask worker with this project, without the database."""
    from fleetfeed.config.executor import ExecutorSettings
    from fleetfeed.executors.cluster import INSTALL
    from fleetfeed.executors.worker import withhold_database

    context: Context = ctx.obj
    project = context.load()
    for feed in project.loaded.settings.feeds:  # a broken plugin is an error now, not in every chunk
        project.plugins.feed(feed)
    settings = project.loaded.settings.executor
    checked = ExecutorSettings(scheduler=scheduler or settings.scheduler, insecure=settings.insecure)
    if not checked.scheduler:
        raise UsageError("No scheduler is known.", effect="No worker was started.", next_step="Add --scheduler.")
    if not find_spec("distributed"):
        raise UsageError("A worker needs Dask, which is not installed.", next_step=INSTALL)
    withhold_database()
    os.environ["FLEETFEED_PROJECT"] = str(project.folder)
    limits = ["--nthreads", "1", "--nworkers", str(workers), "--memory-limit", "1GiB", "--no-dashboard"]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", checked.scheduler, *limits]
    os.execv(sys.executable, command)  # noqa: S606 (no shell; all arguments are ours)
