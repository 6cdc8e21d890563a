"""`fleetfeed schedule`: show when feeds run, and run them on schedule."""

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
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import ConfigError, DeadlineExceeded, FleetfeedError
from fleetfeed.project import Project
from fleetfeed.runtime import logs
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetfeed.cli.context import Context
    from fleetfeed.schedule.cron import Schedule
    from fleetfeed.schedule.every import Every
    from fleetfeed.schedule.scheduler import Due

SHOWN_TICKS = 3
POLL_SECONDS = 0.5
QUERY_SECONDS = 20  # to ask the database when feeds ran last
# Geocoding comes after the load and never fails it; without a usable geocoder it does nothing.
UNITS = "units"  # no feed has this name
RUN_OPTIONS = ("--apply", "--geocode-clusters", "--geocode-locations")

app = typer.Typer(no_args_is_help=True, help="Run feeds on the schedules of fleetfeed.toml, or show them.")


@app.callback()
def schedule() -> None:
    """Run feeds on the schedules of fleetfeed.toml, or show them."""


@app.command()
@only_prints
def show(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show when each feed runs next: in the project's zone, and in UTC."""
    context: Context = ctx.obj
    project = context.load()
    zone, now = project.loaded.settings.project.timezone, datetime.now(UTC)
    schedules = _schedules(project)
    rows: list[dict[str, Any]] = []
    for name in project.loaded.settings.feeds:
        found = schedules.get(name)
        ticks = list(islice(found.ticks(now), SHOWN_TICKS)) if found else []
        times = [{"local": tick.isoformat(), "utc": tick.astimezone(UTC).isoformat()} for tick in ticks]
        rows.append({"feed": name, "schedule": found.expression if found else None, "next": times})
        if not as_json:
            typer.echo(f"{name:<8}{found.expression if found else 'no schedule'}")
            for tick in ticks:
                typer.echo(f"        {tick:%a} {moment(tick)}   {tick.astimezone(UTC):%a %H:%M} UTC")
    units = _units(project)
    seconds = units.interval.total_seconds() if units else None
    if as_json:
        print_json(timezone=zone, feeds=rows, units={"every_seconds": seconds} if units else None)
    elif units:
        typer.echo(f"{UNITS:<8}every {seconds:.0f} s")


@app.command()
def run(ctx: typer.Context) -> None:
    """Run each feed on its schedule, each run in a process of its own, until SIGTERM or Ctrl-C."""
    from fleetfeed.schedule.scheduler import DEADLINE, Scheduler

    context: Context = ctx.obj
    project = context.load()
    project.access.check()
    cron = _schedules(project)
    schedules: dict[str, Due] = {**cron}
    if units := _units(project):
        schedules[UNITS] = units
    if not schedules:
        raise ConfigError(
            f"No feed of {project.loaded.path} has a schedule.", next_step='Set one: schedule = "*/20 6-20 * * *".'
        )
    command = [sys.executable, "-P", "-m", "fleetfeed", *context.flags, "--project", str(project.folder)]

    # A container's log has both streams: with JSON logs, leave out the report on stdout; the log events have it too.
    report = subprocess.DEVNULL if context.json_log else None

    def start(name: str) -> _Process:
        if name == UNITS:
            return _Process([*command, UNITS, "refresh"], report)
        return _Process([*command, "run", name, *RUN_OPTIONS, "--deadline", str(DEADLINE)], report)

    with _stop_requested() as stopping:
        scheduler = Scheduler(schedules, _last_runs(project), _Clock(), start, _log, partial(_never_loaded, project))
        for name in project.loaded.settings.feeds:
            found = cron.get(name)
            _log(name, _next(found) if found else "has no schedule, and is not run")
        while not scheduler.stopped:
            if stopping.is_set():
                scheduler.stop()
            scheduler.step()
            time.sleep(POLL_SECONDS)


def _schedules(project: Project) -> dict[str, Schedule]:
    from fleetfeed.schedule.cron import read

    settings = project.loaded.settings
    zone = settings.project.timezone
    return {name: read(feed.schedule, zone, name) for name, feed in settings.feeds.items() if feed.schedule}


def _units(project: Project) -> Every | None:
    """Return when positions of units are refreshed; None without a provider."""
    from fleetfeed.schedule.every import Every

    settings = project.loaded.settings.units
    return Every(settings.every) if settings.provider else None


def _next(found: Schedule) -> str:
    tick = next(found.ticks(datetime.now(UTC)))
    return f"runs next at {moment(tick)}, which is {tick.astimezone(UTC):%H:%M} UTC"


def _log(feed: str, text: str) -> None:
    logs.log(logs.INFO, f"{feed}: {text}", event="schedule", feed=feed)


def _last_runs(project: Project) -> dict[str, datetime]:
    """Return when feeds ran last, to catch up on missed ticks; empty if unknown, so that each feed runs now."""
    from fleetfeed.database.ledger.runs import last_runs
    from fleetfeed.runtime.deadline import deadline

    try:
        with deadline(QUERY_SECONDS), project.database("schedule") as db:
            return last_runs(db)
    except FleetfeedError as error:
        late = isinstance(error, DeadlineExceeded)
        why = f"The database did not answer within {QUERY_SECONDS} s." if late else error.cause
        logs.log(logs.WARNING, f"when feeds ran last is not known, so each runs now. {why}", event="schedule")
        return {}


def _never_loaded(project: Project, feed: str) -> bool:
    """Whether a feed was never loaded, so that its run gets more time; False if unknown."""
    from fleetfeed.database.ledger.runs import last_load
    from fleetfeed.runtime.deadline import deadline

    if feed == UNITS:
        return False
    try:
        with deadline(QUERY_SECONDS), project.database("schedule") as db:
            return last_load(db, feed) is None
    except FleetfeedError:
        return False


@contextmanager
def _stop_requested() -> Iterator[Event]:
    """Yield an event that SIGTERM and Ctrl-C set: the normal end of the schedule, not an error."""
    stop = Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Clock:
    """The real clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds(self) -> float:
        return time.monotonic()


class _Process:
    """Run a feed in a child process, isolated from crashes and, by its process group, from signals of the terminal."""

    def __init__(self, command: Sequence[str], stdout: int | None) -> None:
        nothing = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=nothing, stdout=stdout, process_group=0)  # noqa: S603  our own

    def code(self) -> int | None:
        """Return its exit code; None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Ask it to roll back and exit (SIGTERM)."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill it (SIGKILL)."""
        self._process.kill()
