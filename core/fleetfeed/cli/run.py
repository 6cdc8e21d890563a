"""`fleetfeed run`: load the newest export of a feed, or show what that would do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.wiring import Wiring

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.engine import Job
    from fleetfeed.feed import Feed
    from fleetfeed.model import RunReport


def run(
    ctx: typer.Context,
    feeds: Annotated[list[str] | None, typer.Argument(metavar="FEED…", help="Feeds of fleetfeed.toml.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All feeds of fleetfeed.toml.")] = False,
    apply: Annotated[bool, typer.Option("--apply/--dry-run", help="Write; else show exactly what would change.")] = False,
    from_bucket: Annotated[
        bool, typer.Option("--from-bucket", help="Take the newest export of the bucket (the default).")
    ] = False,
    file: Annotated[
        Path | None, typer.Option("--file", "--inc-csv", help="Take this file instead; nothing is archived.")
    ] = None,
    archive: Annotated[bool, typer.Option("--archive/--no-archive", help="Move processed exports away.")] = True,
    allow_older: Annotated[
        bool, typer.Option("--allow-older", help="Load an export although a newer one is loaded.")
    ] = False,
    deadline: Annotated[float, typer.Option(help="Seconds after which a run ends itself, rolled back.")] = 270,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Load the newest export of each feed. Without --apply: the exact diff, and nothing is written."""
    context: Context = ctx.obj
    if bool(feeds) == every:
        raise typer.BadParameter("name at least one feed, or say --all", param_hint="FEED…")
    if file and (every or len(feeds or ()) != 1 or from_bucket):
        raise typer.BadParameter("a file is read for exactly one feed, and not from the bucket", param_hint="--file")
    wiring = Wiring(context.load())
    reports = []
    for feed in wiring.feeds(feeds or (), every=every):
        job = wiring.job(
            feed,
            file=file,
            apply=apply,
            archive=archive,
            allow_older=allow_older,
            progress=None if context.quiet else _progress,
        )
        reports.append(_one(wiring, feed, job, deadline))
        if not as_json:
            _tell(reports[-1])
    if as_json:
        from fleetfeed.cli.document import runs

        typer.echo(runs(reports))
    if not apply and not sys.stdout.isatty() and not context.quiet:
        print("warning: without --apply nothing was written", file=sys.stderr)
    if any(report.error for report in reports):
        raise typer.Exit(1)


def _one(wiring: Wiring, feed: Feed, job: Job, seconds: float) -> RunReport:
    """Run one feed; an error of it is told in its report, so that the other feeds go on."""
    from datetime import UTC, datetime

    from fleetfeed import engine
    from fleetfeed.cli.ending import deadline
    from fleetfeed.database.migrate import check
    from fleetfeed.errors import FleetfeedError
    from fleetfeed.model import RunReport

    started = datetime.now(UTC)
    try:
        with deadline(seconds), wiring.database(f"run {feed.name}") as db:
            check(db, wiring.migrations, feed)
            report = engine.run(job, db)
    except FleetfeedError as error:
        if error.exit_code == 2:
            raise
        report = RunReport(feed.name, job.apply, started, error=error)
    return report


def _progress(feed: str, stage: str, seconds: float) -> None:
    print(f"{feed}: {stage} {seconds:.2f} s", file=sys.stderr)


def _tell(report: RunReport) -> None:
    from fleetfeed.cli.ending import tell_error
    from fleetfeed.cli.report import tell
    from fleetfeed.errors import FleetfeedError

    tell(report)
    if isinstance(report.error, FleetfeedError):
        sys.stdout.flush()
        tell_error(report.error)
