"""`fleetfeed status`: what is loaded, how old it is, and what needs a look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.ending import tell_broken
from fleetfeed.cli.wiring import Wiring
from fleetfeed.errors import FleetfeedError, SchemaBehind

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.geocoding.model import Geocoder

_RUN = """
SELECT run_id, outcome, finished_at, error FROM tickets.import_runs WHERE feed = %s ORDER BY run_id DESC LIMIT 1
"""
_EXPORTS = "SELECT state, count(*) FROM tickets.exports WHERE feed = %s GROUP BY 1 ORDER BY 1"
_REJECTS = "SELECT count(*) FROM tickets.rejects WHERE feed = %s AND resolved_at IS NULL"
_META = "SELECT metadata FROM tickets.import_meta WHERE feed = %s"


def status(
    ctx: typer.Context,
    feed: Annotated[str | None, typer.Argument(help="Only this feed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show what is loaded of each feed, when it was checked, and what needs a look."""
    from fleetfeed.database.migrate import check

    context: Context = ctx.obj
    wiring = Wiring(context.load())
    feeds, broken = _feeds(wiring, feed)
    found = []
    with wiring.database("status") as db:
        for item in feeds:
            try:
                check(db, wiring.migrations, item)
                found.append(_status(db, item, wiring.limits(item)))
            except SchemaBehind as error:
                broken.append(error)
    if as_json:
        typer.echo(json.dumps({"schema_version": 1, "feeds": found}, indent=2, default=str))
    for row in () if as_json else found:
        _tell(row)
    tell_broken(broken)


def _feeds(wiring: Wiring, feed: str | None) -> tuple[list[Feed], list[FleetfeedError]]:
    if feed:
        return wiring.feeds([feed]), []
    feeds, broken = wiring.usable()
    return feeds, [*broken]


def tell_status(db: Database, feed: Feed, limits: Mapping[str, Geocoder]) -> None:
    """Print the status of one feed."""
    _tell(_status(db, feed, limits))


def _status(db: Database, feed: Feed, limits: Mapping[str, Geocoder]) -> dict[str, Any]:
    from fleetfeed.database.tables import closed, table
    from fleetfeed.geocoding.clock import Clock
    from fleetfeed.geocoding.report import standing

    sql = (
        f"SELECT count(*), count(*) FILTER (WHERE NOT {closed(feed)} AND absent_since IS NULL), "
        f"count(*) FILTER (WHERE NOT {closed(feed)} AND absent_since IS NOT NULL), "
        f"count(*) FILTER (WHERE geom IS NOT NULL) FROM {table(feed)}"
    )
    rows, open_, absent, mapped = db.all(sql)[0]
    meta = db.one(_META, [feed.name]) or {}
    last = db.all(_RUN, [feed.name])
    names = ("source_key", "source_last_modified", "source_newest", "truncated", "loaded_at", "checked_at")
    return {
        "feed": feed.name,
        "rows": rows,
        "open": open_,
        "open_absent": absent,
        "mapped": mapped,
        "geocoding": standing(db, feed, limits, Clock()),
        "rejects": db.one(_REJECTS, [feed.name]),
        "exports": dict(db.all(_EXPORTS, [feed.name])),
        **{name: meta.get(name) for name in names},
        "last_run": dict(zip(("run_id", "outcome", "finished_at", "error"), last[0], strict=True)) if last else None,
    }


def _tell(row: dict[str, Any]) -> None:
    from fleetfeed.cli.geocoded import standing_lines

    typer.echo(f"{row['feed']}")
    typer.echo(
        f"  tickets   {row['rows']:,} ({row['open']:,} open, {row['open_absent']:,} absent, {row['mapped']:,} mapped)"
    )
    if row["source_key"]:
        truncated = ", truncated by its exporter" if row["truncated"] else ""
        typer.echo(f"  export    {row['source_key']}, written {_ago(row['source_last_modified'])}{truncated}")
        typer.echo(f"  loaded    {_ago(row['loaded_at'])}; checked {_ago(row['checked_at'])}")
    else:
        typer.echo("  export    none is loaded yet; next: fleetfeed run " + row["feed"])
    if last := row["last_run"]:
        typer.echo(f"  last run  {last['run_id']}: {last['outcome']}, {_ago(last['finished_at'])}")
        if last["error"]:
            typer.echo(f"            {last['error']}")
    if row["exports"]:
        typer.echo("  exports   " + ", ".join(f"{count:,} {state}" for state, count in row["exports"].items()))
    if row["rejects"]:
        typer.echo(f"  rejects   {row['rejects']:,}; next: fleetfeed rejects list {row['feed']}")
    for line in standing_lines(row["geocoding"]):
        typer.echo(line)


def _ago(time: str | datetime | None) -> str:
    if time is None:
        return "never"
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
