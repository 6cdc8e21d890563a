"""`fleetfeed status`: what is loaded, how old it is, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.ages import ago, span
from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.exits import report_broken
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import FleetfeedError, PluginError, SchemaBehind
from fleetfeed.monitoring.freshness import NEXT
from fleetfeed.project import Project
from fleetfeed.states import Concern, Freshness
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.feed import Feed

STALE = 3  # exit code


@only_prints
def status(
    ctx: typer.Context,
    feed: Annotated[str | None, typer.Argument(help="Only this feed.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is loaded of each feed, its age, and its concerns. Exits 3 if one is stale or has a concern."""
    from fleetfeed.database.schema.current import check
    from fleetfeed.monitoring.status import overview, unused
    from fleetfeed.text.redact import redact

    context: Context = ctx.obj
    project = context.load()
    feeds, broken = _feeds(project, feed)
    found = []
    with project.database("status") as db:
        for item in feeds:
            try:
                check(db, project.migrations, item)
                found.append(overview(db, item, project.limits(item)))
            except SchemaBehind as error:
                broken.append(error)
        others = unused(db, [item.name for item in feeds], only=feed)
        left = [row | {"why": redact(_why(project, row["feed"]))} for row in others]
    if as_json:
        print_json(feeds=found, unused=left)
    for row in () if as_json else found:
        print_status(row)
    for row in () if as_json else left:
        _print_unused(row)
    report_broken(broken)
    if any(row["freshness"]["state"] == Freshness.STALE or row["concerns"] for row in found):
        raise typer.Exit(STALE)


def _feeds(project: Project, feed: str | None) -> tuple[list[Feed], list[FleetfeedError]]:
    if feed:
        try:
            return project.feeds([feed]), []
        except PluginError as error:  # its table is shown as unused
            return [], [error]
    feeds, broken = project.plugins.usable(project.loaded.settings.feeds)
    return feeds, [*broken]


def _why(project: Project, name: str) -> str:
    """Return why a feed that has a table cannot be used."""
    plugin = project.plugins.found.get(name)
    if name in project.loaded.settings.feeds or (plugin and plugin.error):
        try:
            project.plugins.feed(name)
        except PluginError as error:
            return error.cause
    if plugin and plugin.feed:
        return f"{project.loaded.path.name} has no [feeds.{name}]."
    return "No plugin of this project declares it."


def _print_unused(row: dict[str, Any]) -> None:
    last = f", last loaded {ago(row['loaded_at'])}" if row["loaded_at"] else ""
    typer.echo(row["feed"])
    typer.secho(f"  NOT USED  {printable(row['why'])}", fg="yellow")
    typer.echo(f"  tickets   {row['rows']:,} stay in {row['table']} as they are{last}; nothing loads it")


def print_status(row: dict[str, Any]) -> None:
    """Print the status of one feed."""
    from fleetfeed.cli.output.geocode_report import standing_lines

    typer.echo(row["feed"])
    if reason := row["freshness"]["reason"]:
        typer.secho(f"  STALE     {reason}: {NEXT[reason]}", fg="red")
    for name, text in row["concerns"].items():
        typer.secho(f"  CONCERN   {printable(f'{name}: {text}')}", fg="red")
    counts = (
        f"{row['open']:,} open, {row['overdue']:,} overdue, {row['open_absent']:,} absent, {row['mapped']:,} mapped"
    )
    typer.echo(f"  tickets   {row['rows']:,} ({counts})")
    for line in (*_age(row), *_ledger(row), *standing_lines(row["geocoding"])):
        typer.echo(printable(line))


def _age(row: dict[str, Any]) -> Iterator[str]:
    """Yield lines about when the export was written, loaded and last checked."""
    fresh = row["freshness"]
    if fresh["source_key"] is None:
        looked = f"; checked {ago(fresh['checked_at'])}" if fresh["checked_at"] else ""
        yield f"  export    none is loaded yet{looked}; next: fleetfeed run {row['feed']}"
    else:
        how = "held as truncated" if Concern.HELD in row["concerns"] else "truncated by its exporter"
        truncated = f", {how}" if fresh["truncated"] else ""
        yield f"  export    {fresh['source_key']}, written {ago(fresh['source_last_modified'])}{truncated}"
        yield f"  loaded    {ago(fresh['loaded_at'])}; checked {ago(fresh['checked_at'])}"
    if (lag := fresh["content_lag_minutes"]) is not None:
        yield f"  content   latest change of a ticket {span(lag)}"
    if last := row["last_run"]:
        yield f"  last run  {last['run_id']}: {last['outcome']}, {ago(last['finished_at'])}"
        if last["error"]:
            yield f"            {last['error']}"


def _ledger(row: dict[str, Any]) -> Iterator[str]:
    if row["exports"]:
        yield "  exports   " + ", ".join(f"{count:,} {state}" for state, count in row["exports"].items())
    if archived := row["archive"]["exports"]:
        yield f"  archive   {archived:,} export{'s' * (archived > 1)}, {_size(row['archive']['bytes'])}"
    if row["rejects"]:
        yield f"  rejects   {row['rejects']:,}; next: fleetfeed rejects list {row['feed']}"
    sizes = row["table_bytes"]
    together = _size(sum(sizes.values()))
    yield f"  tables    {_size(sizes[row['feed']])} of tickets, {together} with history, ledger and indexes"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
