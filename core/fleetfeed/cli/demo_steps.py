"""The steps of `fleetfeed demo`, each shown as the command that does it."""

from __future__ import annotations

import csv
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from fleetfeed.text.escape import counted
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.cli.demo_fleet import DemoFleet
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.model import RunReport
    from fleetfeed.project import Project
    from fleetfeed.scaffold.week import DayExport


def show(project: Project, feed: str, inbox: Path, sample: Path) -> None:
    """Load a week of exports made from the sample, and show what is known then."""
    from fleetfeed.cli.output.geocode_report import print_geocoding
    from fleetfeed.cli.output.run_report import print_run
    from fleetfeed.cli.status import print_status
    from fleetfeed.database.ledger.queries import dashboard_document
    from fleetfeed.database.schema.migrate import migrate
    from fleetfeed.geocoding.geocode import geocode
    from fleetfeed.monitoring.status import overview
    from fleetfeed.pipeline import run

    declared = project.plugins.feed(feed)
    inbox.mkdir(parents=True)
    exports = _exports(declared, sample)
    with project.database("demo") as db:
        title(f"fleetfeed migrate         # makes tickets.{feed} from the feed's declaration")
        for step in migrate(db, project.migrations, [declared], terms=project.terms()):
            typer.echo(f"  {step.what}")
        title(f"fleetfeed run {feed} --apply # each day of a week")
        for export in exports[:-1]:
            _put(export, inbox)
            _print_day(export, _checked(run.run(project.job(declared, apply=True), db)))
            _capture(db, declared, export.at)
        last = _put(exports[-1], inbox)
        title(f"fleetfeed run {feed}         # today, as a dry run: the exact diff, rolled back")
        print_run(_checked(run.run(project.job(declared, apply=False), db)))
        kept = shutil.copy2(last, inbox.parent / "again")
        title(f"fleetfeed run {feed} --apply # loads it and archives the export")
        print_run(_checked(run.run(project.job(declared, apply=True), db)))
        shutil.copyfile(kept, last)
        title(f"fleetfeed run {feed} --apply # an hour later: the exporter has written the same again")
        print_run(_checked(run.run(project.job(declared, apply=True), db)))
        title(f"fleetfeed geocode {feed} --clusters --locations # with the bundled list of places")
        print_geocoding(geocode(project.geocoding(declared, clusters=True, locations=True), db))
        title("fleetfeed status")
        print_status(overview(db, declared, project.limits(declared)))
        title(f"psql … -c \"SELECT reporting.fn_{feed}_dashboard(p_window => '30d')\"    # what the page shows")
        _print_numbers(dashboard_document(db, feed, "30d"))


def show_dispatch(project: Project, feed: str) -> DemoFleet:
    """Let a dozen units join, and show who should go where."""
    from fleetfeed.cli.demo_fleet import DemoFleet
    from fleetfeed.cli.dispatch import lines, plan

    declared = project.plugins.feed(feed)
    with project.database("demo") as db:
        fleet = DemoFleet(db, declared)
        fleet.join(db)
    title(f"fleetfeed dispatch {feed}    # a dozen units have joined: who should go where, and why")
    for line in [*lines(plan(project, feed), ZoneInfo(declared.zone))][:8]:
        typer.echo(f"  {line[:150]}")
    typer.echo("  …")
    return fleet


def _exports(feed: Feed, sample: Path) -> list[DayExport]:
    from fleetfeed.scaffold.week import week

    with sample.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = [row for row in csv.DictReader(file) if None not in row and None not in row.values()]
    return [export for export in week(feed, rows, datetime.now(UTC)) if export.rows]


def _put(export: DayExport, inbox: Path) -> Path:
    """Write an export into the bucket, as old as it says."""
    path = inbox / f"{export.at:%Y-%m-%d}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(export.rows[0]))
        writer.writeheader()
        writer.writerows(export.rows)
    seconds = export.at.timestamp()
    os.utime(path, (seconds, seconds))
    return path


def _capture(db: Database, feed: Feed, at: datetime) -> None:
    """Capture the backlog of an earlier day, which a run of that day would have done."""
    db.execute("SELECT tickets.capture_history(%s, %s)", [feed.name, at])


def _print_day(export: DayExport, report: RunReport) -> None:
    rows = report.rows
    typer.echo(
        f"  {export.at:%a %d %b}: {counted(len(export.rows), 'ticket')} in the export; {rows.inserted:,} new, "
        f"{rows.updated:,} changed, {rows.absent:,} absent, {rows.returned:,} returned"
    )


def _print_numbers(page: dict[str, Any]) -> None:
    """Print the key numbers of a dashboard's document; docs/dashboard-api-contract.md explains all of them."""
    counts, metrics = page["counts"], page["metrics"]
    as_of = moment(page["data_as_of"], ZoneInfo(page["filters"]["timezone"]))
    backlog, ttr, today = metrics["backlog"], metrics["ttr"], metrics["flow"][-1]
    lines = {
        "backlog": f"{backlog['total']:,} open, of which {backlog['overdue']:,} are overdue, {backlog['unassigned']:,} "
        f"have no team, {counts['open_mapped']:,} are on the map; {counts['open_absent']:,} absent",
        "today": f"{today['created']:,} created, {today['closed']:,} closed, {today['reopened']:,} reopened "
        f"({today['date']}{', provisional' * today['provisional']})",
        "30 days": f"{counts['closed']:,} closed; repaired: {_hours(ttr['p50_minutes'])} (median), "
        f"{_hours(ttr['p90_minutes'])} (90 %), n = {ttr['n']:,}",
        "data": f"as of {as_of}, {page['freshness']['state']}",
    }
    for name, line in lines.items():
        typer.echo(f"  {name:9} {line}")


def _hours(minutes: float | None) -> str:
    return "unknown" if minutes is None else f"{minutes / 60:.1f} h"


def _checked(report: RunReport) -> RunReport:
    """Return the report of a successful run. Raises its error."""
    if report.error:
        raise report.error
    return report


def title(text: str) -> None:
    """Print the command that does the next step."""
    typer.secho(f"\n$ {text}", fg="cyan", bold=True)
