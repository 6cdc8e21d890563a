"""`fleetfeed run`: load the newest export of a feed, or show what that would do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.project import Wiring
from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.feed import Feed
    from fleetfeed.model import RunReport
    from fleetfeed.pipeline.job import Job
    from fleetfeed.plugins.trace import Trace


_END_WITHIN = 20  # seconds: a scheduler waits for that much longer than a run has to be done
_Feeds = Annotated[list[str] | None, typer.Argument(metavar="FEED…", help="Feeds of fleetfeed.toml.")]
_Every = Annotated[bool, typer.Option("--all", help="All feeds of fleetfeed.toml.")]
_Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Write; else show exactly what would change.")]
_FromBucket = Annotated[bool, typer.Option("--from-bucket", help="Take the newest export of the bucket (the default).")]
_File = Annotated[Path | None, typer.Option("--file", "--inc-csv", help="Take this file instead; nothing is archived.")]
_Clusters = Annotated[bool, typer.Option("--geocode-clusters", help="Then ask where new clusters lie.")]
_Locations = Annotated[
    bool, typer.Option("--geocode-locations", help="Then ask where the new locations of open tickets lie.")
]
_Capture = Annotated[bool, typer.Option("--capture-history", help="Capture history, as every run with --apply does.")]
_Archive = Annotated[bool, typer.Option("--archive/--no-archive", help="Move processed exports away.")]
_AllowOlder = Annotated[bool, typer.Option("--allow-older", help="Load an export although a newer one is loaded.")]
_Accept = Annotated[
    bool, typer.Option("--accept-incomplete", help="Take the export for complete, though it does not look so.")
]
_Deadline = Annotated[
    float, typer.Option(min=1, max=86_400, help="Seconds after which a run ends itself, rolled back.")
]
_Trace = Annotated[bool, typer.Option("--trace", help="Tell every hook call on stderr: who answered what.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]


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
    as_json: _Json = False,
) -> None:
    """Load the newest export of each feed. Without --apply: the exact diff, and nothing is written."""
    from fleetfeed.cli.output.run_log import ended, progress
    from fleetfeed.cli.output.run_report import tell

    context: Context = ctx.obj
    _check_usage(feeds or [], every, file, from_bucket)
    wiring = Wiring(context.load(), _tracing() if trace else None)
    wiring.check_database()
    began, reports = monotonic(), []
    for name in wiring.names(feeds or (), every=every):
        job = partial(
            wiring.job,
            file=file,
            apply=apply,
            archive=archive,
            allow_older=allow_older,
            accept_incomplete=accept_incomplete,
            progress=progress,
        )
        for report in _each(wiring, name, job, deadline, apply=apply, in_ledger=file is None):
            reports.append(report)
            if not as_json:
                tell(report)
                sys.stdout.flush()
            ended(report, debug=context.debug, shown=as_json and not context.debug)
    if geocode_clusters or geocode_locations:
        from fleetfeed.cli.geocode import after_runs

        left = deadline - (monotonic() - began)
        after_runs(wiring, reports, context, left, clusters=geocode_clusters, locations=geocode_locations, mute=as_json)
    _end(reports, apply=apply, as_json=as_json)


def _check_usage(feeds: list[str], every: bool, file: Path | None, from_bucket: bool) -> None:
    if bool(feeds) == every:
        raise typer.BadParameter("name at least one feed or say --all, and not both", param_hint="FEED…")
    if file and (every or len(feeds) != 1 or from_bucket):
        raise typer.BadParameter("a file is read for exactly one feed, and not from the bucket", param_hint="--file")


def _each(
    wiring: Wiring, name: str, make_job: Callable[[Feed], Job], seconds: float, *, apply: bool, in_ledger: bool
) -> Iterator[RunReport]:
    """Run one feed; again while pieces wait, until one fails: no piece may overtake another."""
    end = monotonic() + seconds
    while True:
        report = _one(wiring, name, make_job, max(end - monotonic(), 1), apply=apply, in_ledger=in_ledger)
        waiting = report.snapshot.waiting if report.snapshot else 0
        goes_on = report.outcome == "loaded" and report.error is None and apply and monotonic() < end
        if waiting and not goes_on:
            until = "the next run goes on with them" if report.error is None else "until this one can be loaded"
            report.warnings.append(f"unread exports that wait for their turn: {waiting:,}; {until}")
        yield report
        if not (waiting and goes_on):
            return


def _one(
    wiring: Wiring, name: str, make_job: Callable[[Feed], Job], seconds: float, *, apply: bool, in_ledger: bool
) -> RunReport:
    """Run one feed; an error of it is told in its report, so that the other feeds go on."""
    from datetime import UTC, datetime

    from fleetfeed.cli.output.exits import deadline
    from fleetfeed.database.schema.current import check
    from fleetfeed.model import RunReport
    from fleetfeed.pipeline import run

    report = RunReport(name, apply, datetime.now(UTC))
    try:
        with deadline(seconds) as extend:
            feed = wiring.plugins.feed(name)
            with wiring.database(f"run {name}") as db:
                check(db, wiring.migrations, feed)
                more_time = partial(_let_first_load, name, seconds, extend)
                run.run(replace(make_job(feed), first_load=more_time), db, report)
    except Exception as error:  # noqa: BLE001 (one feed's trouble, of whatever kind, must not stop the others)
        if report.error is None:  # else it had ended before, and that it has is what matters
            report = _ended_by(error, report)
    if apply:
        _after(wiring, report, in_ledger=in_ledger)
    wiring.tell_trace()
    return report


def _let_first_load(name: str, seconds: float, extend: Callable[[float], None], records: int) -> None:
    """Give a large first load its time: ended by the deadline it would begin anew with each run, and never be done."""
    from fleetfeed.schedule.scheduler import FIRST_LOAD, RECORDS_PER_MINUTE

    allowed = max(seconds, FIRST_LOAD)
    extend(allowed)
    told = f"{name}: the table is empty, and this first load of {records:,} records"
    takes = f"takes about {max(records // RECORDS_PER_MINUTE, 1):,} minutes, more on a slow server"
    until = f"it has {allowed / 3600:g} hours in place of --deadline; a scheduler with a limit of its own must allow it"
    logs.tell(logs.WARNING, f"{told} {takes}; {until}", event="warning", feed=name)


def _ended_by(error: Exception, report: RunReport) -> RunReport:
    """Note what ended a run from outside of its stages."""
    from fleetfeed.errors import CommitUnanswered, as_expected
    from fleetfeed.model import RunReport
    from fleetfeed.pipeline import run

    told = as_expected(error)
    if report.committing and not report.committed:
        run.unanswered(report, CommitUnanswered(told.cause))
        return report
    if not report.committed:  # what the run has noted so far is rolled back
        report = RunReport(report.feed, report.applied, report.started_at)
    report.error = told
    return report


def _after(wiring: Wiring, report: RunReport, *, in_ledger: bool) -> None:
    """Enter a run that the engine could not, ended by its deadline, say; then let who listens hear of the end."""
    from contextlib import ExitStack, suppress

    from fleetfeed.cli.observers import observers
    from fleetfeed.cli.output.exits import deadline
    from fleetfeed.errors import DatabaseError, DeadlineExceeded, FleetfeedError
    from fleetfeed.pipeline import recorder
    from fleetfeed.plugins.listeners import tell_end

    failed = report.run_id is None and isinstance(report.error, FleetfeedError) and report.error.exit_code == 1
    try:
        with deadline(_END_WITHIN), ExitStack() as opened:
            listening = observers(wiring, report.feed)
            if not failed and not listening.hook.feed_ended.get_hookimpls():
                return
            db = None
            with suppress(DatabaseError):
                db = opened.enter_context(wiring.database(f"run {report.feed}"))
                if failed:
                    recorder.close_failed(db, report, in_ledger=in_ledger)
            tell_end(listening, report, db)
    except DeadlineExceeded:
        report.warnings.append(f"the end of the run could not be entered and told within {_END_WITHIN} s")


def _end(reports: list[RunReport], *, apply: bool, as_json: bool) -> None:
    """Tell what is told of all runs, and exit with the worst of their codes."""
    from fleetfeed.cli.output.exits import exit_with_worst

    if as_json:
        from fleetfeed.cli.output.documents import of_run, written

        typer.echo(written(runs=[of_run(report) for report in reports]))
    if not apply and not sys.stdout.isatty():
        logs.tell(logs.WARNING, "without --apply nothing was written", event="warning")
    exit_with_worst(report.error or report.refused for report in reports)


def _tracing() -> Trace:
    from fleetfeed.plugins.trace import Trace
    from fleetfeed.text.escape import printable

    return Trace(lambda line: logs.tell(logs.INFO, printable(line), event="trace"))
