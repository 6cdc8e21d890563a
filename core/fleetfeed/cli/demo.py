"""`fleetfeed demo`: every step from export to dashboard, on a private database and a local S3 server."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.errors import UsageError
from fleetfeed.runtime.scratch import temporary

if TYPE_CHECKING:
    from fleetfeed.buckets.local_server import LocalS3
    from fleetfeed.cli.context import Context
    from fleetfeed.model import RunReport

DATABASE = "fleetfeed_demo"
BUCKET = "tickets"


def demo(ctx: typer.Context) -> None:
    """Load the sample export of the first feed, from a bucket to a table; your own data is not touched."""
    from fleetfeed.buckets.local_server import local_s3

    start = perf_counter()
    context: Context = ctx.obj
    project = context.load()
    feed = next(iter(project.loaded.settings.feeds))
    project.feeds([feed])
    sample = (project.plugins.get(feed).folder or Path()) / "sample.csv"
    if not sample.is_file():
        raise UsageError(f"Feed {feed} has no {sample}.", next_step="Put an export there, or name another feed first.")
    server = project.access.server
    typer.secho("A private PostgreSQL with PostGIS starts, and an S3 server on the loopback …", bold=True)
    server.start()
    server.drop_database(DATABASE)
    url = server.create_database(DATABASE)
    with (
        tempfile.TemporaryDirectory(prefix="fleetfeed-demo-", dir=temporary()) as folder,
        local_s3(Path(folder)) as store,
    ):
        overrides = _settings(feed, url, store)
        _show(ctx, overrides, feed, Path(folder) / BUCKET / "exports", sample)
    seconds = perf_counter() - start
    typer.secho(f"\nThat took {seconds:.1f} s. Three next commands:", bold=True)
    here = _as_called()
    typer.echo(f'  psql "{url}" -c "SELECT ticket_id, normalized_status, cluster FROM tickets.{feed} LIMIT 5"')
    typer.echo(
        f"  {here} config show   # where to name your own database and bucket; then: {here} migrate, {here} run {feed}"
    )
    typer.echo(f"  {here} db stop       # the private PostgreSQL runs until then")


def _as_called() -> str:
    """Return how to call this program from the current folder."""
    return "fleetfeed" if shutil.which("fleetfeed") else os.path.relpath(sys.argv[0])


def _settings(feed: str, url: str, store: LocalS3) -> dict[str, Any]:
    return {
        "database.url": url,
        "store.endpoint_url": store.endpoint_url,
        "store.access_key": store.access_key,
        "store.secret_key": store.secret_key,
        f"feeds.{feed}.source": f"s3://{BUCKET}/exports/",
        f"feeds.{feed}.archive": f"s3://{BUCKET}/exports/processed/",
        f"feeds.{feed}.geocoders": ["gazetteer"],  # no key, no network
    }


def _show(ctx: typer.Context, overrides: dict[str, Any], feed: str, inbox: Path, sample: Path) -> None:
    """Run each step on its own settings, as its own command would."""
    from fleetfeed.cli.output.geocode_report import print_geocoding
    from fleetfeed.cli.output.run_report import print_run
    from fleetfeed.cli.status import print_status
    from fleetfeed.database.ledger.queries import dashboard_document
    from fleetfeed.database.schema.migrate import migrate
    from fleetfeed.geocoding.geocode import geocode
    from fleetfeed.monitoring.status import overview
    from fleetfeed.pipeline import run

    context: Context = ctx.obj
    project = context.load(overrides)
    declared = project.plugins.feed(feed)
    inbox.mkdir(parents=True)
    with project.database("demo") as db:
        _title(f"fleetfeed migrate         # makes tickets.{feed} from the feed's declaration")
        for step in migrate(db, project.migrations, [declared], terms=project.terms()):
            typer.echo(f"  {step.what}")
        shutil.copyfile(sample, inbox / sample.name)
        _title(f"fleetfeed run {feed}         # a dry run: the exact diff, rolled back")
        print_run(_checked(run.run(project.job(declared, apply=False), db)))
        _title(f"fleetfeed run {feed} --apply # loads it and archives the export")
        print_run(_checked(run.run(project.job(declared, apply=True), db)))
        shutil.copyfile(sample, inbox / sample.name)
        _title(f"fleetfeed run {feed} --apply # an hour later: the exporter has written the same again")
        print_run(_checked(run.run(project.job(declared, apply=True), db)))
        _title(f"fleetfeed geocode {feed} --clusters --locations # with the bundled list of places")
        print_geocoding(geocode(project.geocoding(declared, clusters=True, locations=True), db))
        _title("fleetfeed status")
        print_status(overview(db, declared, project.limits(declared)))
        _title(f"psql … -c \"SELECT reporting.fn_{feed}_dashboard(p_window => '30d')\"    # what a page would show")
        _print_numbers(dashboard_document(db, feed, "30d"))


def _print_numbers(page: dict[str, Any]) -> None:
    """Print the key numbers of a dashboard's document; docs/dashboard-api-contract.md explains all of them."""
    counts, metrics = page["counts"], page["metrics"]
    backlog, ttr, today = metrics["backlog"], metrics["ttr"], metrics["flow"][-1]
    lines = {
        "backlog": f"{backlog['total']:,} open, of which {backlog['overdue']:,} are overdue, {backlog['unassigned']:,} "
        f"have no team, {counts['open_mapped']:,} are on the map; {counts['open_absent']:,} absent",
        "today": f"{today['created']:,} created, {today['closed']:,} closed, {today['reopened']:,} reopened "
        f"({today['date']}{', provisional' * today['provisional']})",
        "30 days": f"{counts['closed']:,} closed; repaired: {_hours(ttr['p50_minutes'])} (median), "
        f"{_hours(ttr['p90_minutes'])} (90 %), n = {ttr['n']:,}",
        "data": f"as of {page['data_as_of']}, {page['freshness']['state']}",
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


def _title(text: str) -> None:
    typer.secho(f"\n$ {text}", fg="cyan", bold=True)
