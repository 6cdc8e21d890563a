"""`fleetfeed geocode`, and the geocoding after `fleetfeed run`: places for clusters and locations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.project import Project
from fleetfeed.runtime import logs
from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.geo import Geocoded
    from fleetfeed.model import RunReport


SPARE = 15  # seconds of a run's deadline: for the last call, and to write its result


def geocode(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    clusters: Annotated[bool, typer.Option("--clusters", help="Look up the clusters.")] = False,
    locations: Annotated[
        bool, typer.Option("--locations", help="Look up the locations of open, actionable tickets.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Look up at most this many places.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look up new and expired places of tickets, and write them to the tickets."""
    context: Context = ctx.obj
    if not (clusters or locations):
        raise typer.BadParameter("give --clusters, --locations or both", param_hint="--clusters")
    project = context.load()
    project.feeds([feed])
    with project.database(f"geocode {feed}") as db:
        report = _geocode(project, db, feed, context, clusters=clusters, locations=locations, limit=limit)
    if as_json:
        print_json(feed=feed, geocoding=report.as_dict())
    else:
        from fleetfeed.cli.output.geocode_report import print_geocoding

        print_geocoding(report)
    if report.pending and report.failed:
        raise typer.Exit(1)


def after_runs(
    project: Project,
    reports: list[RunReport],
    context: Context,
    seconds: float,
    *,
    clusters: bool,
    locations: bool,
    mute: bool,
) -> list[RunReport]:
    """Geocode after all loads are done, and return the reports with that.

    Any error is a warning of the run, and never fails a load.
    """
    from datetime import UTC, datetime, timedelta
    from time import monotonic

    from fleetfeed.cli.output.geocode_report import print_geocoding
    from fleetfeed.errors import DeadlineExceeded, FleetfeedError
    from fleetfeed.runtime.deadline import deadline

    began, until = monotonic(), datetime.now(UTC) + timedelta(seconds=seconds - SPARE)
    geocoded = list(reports)
    for place, report in enumerate(reports):
        if report.error or report.outcome is RunOutcome.BUSY:
            continue
        try:
            if (left := seconds - (monotonic() - began)) <= 0:
                raise DeadlineExceeded("")
            with deadline(left), project.database(f"geocode {report.feed}") as db:
                kinds: dict[str, Any] = {"clusters": clusters, "locations": locations}
                found = _geocode(project, db, report.feed, context, **kinds, apply=report.applied, until=until)
                geocoded[place] = replace(report, geocoding=found)
        except FleetfeedError as error:
            over = monotonic() - began >= seconds
            why = "the time of this run is over (--deadline); the next one continues"
            _warn(report, f"geocoding: {why if over else f'{error.cause} {error.next_step}'}", mute=mute)
        except Exception as error:  # noqa: BLE001 (a plugin may fail in any way)
            _warn(report, f"geocoding: {type(error).__name__}: {error}", mute=mute)
        else:
            if not mute:
                print_geocoding(found)
    if project.trace:
        project.trace.summarise()
    return geocoded


def _warn(report: RunReport, text: str, *, mute: bool) -> None:
    from fleetfeed.text.redact import redact

    report.warnings.append(text)
    logs.log(logs.WARNING, text, event="warning", shown=True, feed=report.feed, run_id=report.run_id, stage="geocode")
    if not mute:
        typer.echo(f"  warning   {redact(text)}")


def _geocode(project: Project, db: Database, feed: str, context: Context, **options: Any) -> Geocoded:
    from fleetfeed.cli.output.geocode_report import log, progress
    from fleetfeed.database.schema.current import check
    from fleetfeed.geocoding.geocode import geocode

    declared = project.plugins.feed(feed)
    check(db, project.migrations, declared)
    with progress(feed, bar=not (context.quiet or context.json_log)) as show:
        report = geocode(project.geocoding(declared, progress=show, **options), db)
    log(report)
    return report
