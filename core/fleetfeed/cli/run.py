"""`fleetfeed run`: load the newest export of a feed, or show what that would do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, of_run, print_json
from fleetfeed.runtime import logs
from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.model import RunReport
    from fleetfeed.plugins.trace import Trace


_Feeds = Annotated[list[str] | None, typer.Argument(metavar="FEED…", help="Feeds of fleetfeed.toml.")]
_Every = Annotated[bool, typer.Option("--all", help="All feeds of fleetfeed.toml.")]
_Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Write; else show exactly what would change.")]
_FromBucket = Annotated[bool, typer.Option("--from-bucket", help="Take the newest export of the bucket (the default).")]
_File = Annotated[Path | None, typer.Option("--file", "--inc-csv", help="Take this file instead; nothing is archived.")]
_Clusters = Annotated[bool, typer.Option("--geocode-clusters", help="Then look up new clusters.")]
_Locations = Annotated[bool, typer.Option("--geocode-locations", help="Then look up new locations of open tickets.")]
_Capture = Annotated[bool, typer.Option("--capture-history", help="Capture history, as every run with --apply does.")]
_Archive = Annotated[bool, typer.Option("--archive/--no-archive", help="Move processed exports to the archive.")]
_AllowOlder = Annotated[bool, typer.Option("--allow-older", help="Load an export although a newer one is loaded.")]
_Accept = Annotated[
    bool, typer.Option("--accept-incomplete", help="Treat the export as complete although it does not look so.")
]
_Deadline = Annotated[
    float, typer.Option(min=1, max=86_400, help="Seconds after which the run is rolled back and ends.")
]
_Trace = Annotated[bool, typer.Option("--trace", help="Print every hook call on stderr: plugin and result.")]


def run(
    ctx: typer.Context,
    feeds: _Feeds = None,
    every: _Every = False,
    apply: _Apply = False,
    from_bucket: _FromBucket = False,
    file: _File = None,
    geocode_clusters: _Clusters = False,
    geocode_locations: _Locations = False,
    capture_history: _Capture = False,
    archive: _Archive = True,
    allow_older: _AllowOlder = False,
    accept_incomplete: _Accept = False,
    deadline: _Deadline = 270,
    trace: _Trace = False,
    as_json: AsJson = False,
) -> None:
    """Load the newest export of each feed. Without --apply: the exact diff, and nothing is written."""
    from fleetfeed.cli.output.run_log import ended, progress
    from fleetfeed.cli.output.run_report import print_run

    context: Context = ctx.obj
    _check_usage(feeds or [], every, file, from_bucket)
    project = context.load(trace=_tracing() if trace else None)
    project.access.check()
    began, reports = monotonic(), []
    for name in project.loaded.names(feeds or (), every=every):
        run_once = partial(
            project.run,
            name,
            apply=apply,
            file=file,
            archive=archive,
            allow_older=allow_older,
            accept_incomplete=accept_incomplete,
            progress=progress,
        )
        for report in _each(run_once, deadline, apply=apply):
            reports.append(report)
            if not as_json:
                print_run(report)
                sys.stdout.flush()
            ended(report, debug=context.debug, shown=as_json and not context.debug)
    if geocode_clusters or geocode_locations:
        from fleetfeed.cli.geocode import after_runs

        left = deadline - (monotonic() - began)
        reports = after_runs(
            project, reports, context, left, clusters=geocode_clusters, locations=geocode_locations, mute=as_json
        )
    _end(reports, apply=apply, as_json=as_json)


def _check_usage(feeds: list[str], every: bool, file: Path | None, from_bucket: bool) -> None:
    if bool(feeds) == every:
        raise typer.BadParameter("name at least one feed or give --all, and not both", param_hint="FEED…")
    if file and (every or len(feeds) != 1 or from_bucket):
        raise typer.BadParameter("a file is read for exactly one feed, and not from the bucket", param_hint="--file")


def _each(run_once: Callable[..., RunReport], seconds: float, *, apply: bool) -> Iterator[RunReport]:
    """Run one feed; repeat while pieces wait, until one fails, as pieces must be loaded in order."""
    end = monotonic() + seconds
    while True:
        report = run_once(deadline=max(end - monotonic(), 1))
        waiting = report.snapshot.waiting if report.snapshot else 0
        goes_on = report.outcome is RunOutcome.LOADED and report.error is None and apply and monotonic() < end
        if waiting and not goes_on:
            until = "the next run continues" if report.error is None else "until this one can be loaded"
            report.warnings.append(f"unread exports that wait for their turn: {waiting:,}; {until}")
        yield report
        if not (waiting and goes_on):
            return


def _end(reports: list[RunReport], *, apply: bool, as_json: bool) -> None:
    """Print the JSON document of all runs, and exit with the highest of their codes."""
    from fleetfeed.cli.output.exits import exit_with_worst

    if as_json:
        print_json(runs=[of_run(report) for report in reports])
    if not apply and not sys.stdout.isatty():
        logs.log(logs.WARNING, "without --apply nothing was written", event="warning")
    exit_with_worst(report.error or report.refused for report in reports)


def _tracing() -> Trace:
    from fleetfeed.plugins.trace import Trace
    from fleetfeed.text.escape import printable

    return Trace(lambda line: logs.log(logs.INFO, printable(line), event="trace"))
