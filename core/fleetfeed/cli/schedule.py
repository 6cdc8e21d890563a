"""`fleetfeed schedule`: when feeds run, and the process that runs them then."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import written
from fleetfeed.cli.output.streams import answers
from fleetfeed.errors import ConfigError, DeadlineExceeded, FleetfeedError
from fleetfeed.project import Project
from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetfeed.cli.context import Context
    from fleetfeed.schedule.cron import Schedule

TOLD = 3  # of the next ticks
LOOKS_EVERY = 0.5  # seconds
ASKS_FOR = 20  # seconds, for what ran last
# Geocoding comes after the load, never fails it, and without a geocoder that may be asked does nothing.
RUN_OPTIONS = ("--apply", "--geocode-clusters", "--geocode-locations")

app = typer.Typer(no_args_is_help=True, help="Run feeds on the schedules of fleetfeed.toml, or show them.")


@app.callback()
def schedule() -> None:
    """Run feeds on the schedules of fleetfeed.toml, or show them."""


@app.command()
@answers
def show(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False
) -> None:
    """Show when each feed runs next: in the project's zone, and in UTC."""
    context: Context = ctx.obj
    project = context.load()
    zone, now = project.loaded.settings.project.timezone, datetime.now(UTC)
    schedules = _schedules(project)
    rows: list[dict[str, Any]] = []
    for name in project.loaded.settings.feeds:
        found = schedules.get(name)
        ticks = list(islice(found.ticks(now), TOLD)) if found else []
        times = [{"local": tick.isoformat(), "utc": tick.astimezone(UTC).isoformat()} for tick in ticks]
        rows.append({"feed": name, "schedule": found.expression if found else None, "next": times})
        if not as_json:
            typer.echo(f"{name:<8}{found.expression if found else 'no schedule'}")
            for tick in ticks:
                typer.echo(f"        {tick:%a %Y-%m-%d %H:%M %Z}   {tick.astimezone(UTC):%a %H:%M} UTC")
    if as_json:
        typer.echo(written(timezone=zone, feeds=rows))


@app.command()
def run(ctx: typer.Context) -> None:
    """Run each feed on its schedule, each run in a process of its own, until SIGTERM or Ctrl-C."""
    from fleetfeed.schedule.scheduler import DEADLINE, Scheduler

    context: Context = ctx.obj
    project = context.load()
    project.access.check()
    schedules = _schedules(project)
    if not schedules:
        raise ConfigError(
            f"No feed of {project.loaded.path} has a schedule.", next_step='Set one: schedule = "*/20 6-20 * * *".'
        )
    command = [sys.executable, "-P", "-m", "fleetfeed", *context.flags, "--project", str(project.folder), "run"]

    # A container's log is both streams: the report for people would be no line of JSON, and the events tell the same.
    report = subprocess.DEVNULL if context.json_log else None

    def start(name: str) -> _Process:
        return _Process([*command, name, *RUN_OPTIONS, "--deadline", str(DEADLINE)], report)

    with _told_to_stop() as stopping:
        scheduler = Scheduler(schedules, _last_runs(project), _Clock(), start, _tell, partial(_never_loaded, project))
        for name in project.loaded.settings.feeds:
            _tell(name, _next(schedules[name]) if name in schedules else "has no schedule, and is not run")
        while not scheduler.stopped:
            if stopping.is_set():
                scheduler.stop()
            scheduler.step()
            time.sleep(LOOKS_EVERY)


def _schedules(project: Project) -> dict[str, Schedule]:
    from fleetfeed.schedule.cron import read

    settings = project.loaded.settings
    zone = settings.project.timezone
    return {name: read(feed.schedule, zone, name) for name, feed in settings.feeds.items() if feed.schedule}


def _next(found: Schedule) -> str:
    tick = next(found.ticks(datetime.now(UTC)))
    return f"runs next at {tick:%H:%M %Z} of {tick:%Y-%m-%d}, which is {tick.astimezone(UTC):%H:%M} UTC"


def _tell(feed: str, text: str) -> None:
    logs.tell(logs.INFO, f"{feed}: {text}", event="schedule", feed=feed)


def _last_runs(project: Project) -> dict[str, datetime]:
    """Ask when feeds ran last, so that a tick which nobody was there for is caught up; if it is not known, they run."""
    from fleetfeed.database.ledger.runs import last_runs
    from fleetfeed.runtime.deadline import deadline

    try:
        with deadline(ASKS_FOR), project.database("schedule") as db:
            return last_runs(db)
    except FleetfeedError as error:
        late = isinstance(error, DeadlineExceeded)
        why = f"The database did not answer within {ASKS_FOR} s." if late else error.cause
        told = f"when feeds ran last is not known, so each runs now. {why}"
        logs.tell(logs.WARNING, told, event="schedule")
        return {}


def _never_loaded(project: Project, feed: str) -> bool:
    """Ask whether the load at work is a feed's first; one that is not known to be has no more time than others."""
    from fleetfeed.database.ledger.runs import last_load
    from fleetfeed.runtime.deadline import deadline

    try:
        with deadline(ASKS_FOR), project.database("schedule") as db:
            return last_load(db, feed) is None
    except FleetfeedError:
        return False


@contextmanager
def _told_to_stop() -> Iterator[Event]:
    """Have SIGTERM and Ctrl-C set a mark that the schedule ends by: that is its ordinary end, and no error."""
    told = Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Clock:
    """Tell the real time."""

    def now(self) -> datetime:
        """Tell the time of day."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """Tell how much time passed."""
        return time.monotonic()


class _Process:
    """Run a feed in a process of its own, which no crash of it leaves, and no signal of a terminal enters."""

    def __init__(self, command: Sequence[str], stdout: int | None) -> None:
        nothing = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=nothing, stdout=stdout, process_group=0)  # noqa: S603  our own

    def code(self) -> int | None:
        """Tell its exit code; None while it is at work."""
        return self._process.poll()

    def end(self) -> None:
        """Ask it to roll back and end."""
        self._process.terminate()

    def kill(self) -> None:
        """Make it end."""
        self._process.kill()
