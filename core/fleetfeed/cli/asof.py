"""`fleetfeed asof`: a feed as it was at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from fleetfeed.cli.output.csv import write_csv
from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.cli.times import time_in
from fleetfeed.errors import UsageError
from fleetfeed.states import AsOfBy
from fleetfeed.text.escape import printable
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database.asof import AsOf


@only_prints
def asof(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    time: Annotated[
        str | None, typer.Argument(help='Such as "2026-11-24 09:00", in the project\'s zone or with an offset.')
    ] = None,
    run: Annotated[int | None, typer.Option(help="After this run, instead of at a time.")] = None,
    by: Annotated[
        AsOfBy, typer.Option(help="Whether the time is that of the load or that of the export.")
    ] = AsOfBy.LOAD,
    ticket: Annotated[str | None, typer.Option(help="Only this ticket.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every ticket of then as a line of CSV.")] = False,
    as_map: Annotated[bool, typer.Option("--map", help="The tickets of then as GeoJSON.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a feed as it was at a time: exact but for what the change log does not keep, which is named."""
    from fleetfeed.database import asof as past
    from fleetfeed.database.csv_export import lines
    from fleetfeed.database.schema.current import check

    if (time is None) == (run is None):
        raise typer.BadParameter("give a time, or --run", param_hint="TIME")
    if sum((ticket is not None, as_csv, as_map)) > 1:
        raise typer.BadParameter("give only one of --ticket, --csv and --map", param_hint="--csv")
    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    zone = ZoneInfo(project.loaded.settings.project.timezone)
    at = time_in(time, zone, "TIME") if time else None
    with project.database(f"asof {feed}") as db:
        check(db, project.migrations, declared)
        found = past.find_load(db, declared, at, by, run)
        if as_csv:
            write_csv(lines(db, declared, found.table(declared)))
            return
        if as_map:
            typer.echo(json.dumps(past.map_document(db, declared, found, at), separators=(",", ":")))
            return
        one = past.ticket(db, declared, found, ticket) if ticket is not None else None
        counted = past.counts(db, declared, found) if ticket is None else None
    if ticket is not None and one is None:
        raise UsageError(
            f"There was no ticket {ticket!r} in {feed} after run {found.run}.",
            effect="",
            next_step=f"`fleetfeed explain {feed} TICKET` shows when it came.",
        )
    document = found.document(declared)
    if as_json:
        print_json(feed=feed, as_of=document, **({"ticket": one} if one else {"counts": counted}))
        return
    for line in (_head(feed, found, zone), *(_cells(one) if one else _counts(counted or {})), _unknown(document)):
        typer.echo(printable(line))


def _head(feed: str, found: AsOf, zone: ZoneInfo) -> str:
    written = f", written {moment(found.exported_at, zone, seconds=True)}" if found.exported_at else ""
    loaded = moment(found.loaded_at, zone, seconds=True)
    return f"{feed} after run {found.run} of {loaded}: {found.export or 'an export'}{written}"


def _counts(counted: Mapping[str, Any]) -> Iterator[str]:
    names = ("tickets", "open", "closed", "absent")
    yield "  " + ", ".join(f"{counted[name]:,} {name}" for name in names)
    for status, number in counted["by_status"].items():
        yield f"  {number:>9,}  {status}"


def _cells(one: Mapping[str, Any]) -> Iterator[str]:
    for name, cell in one["raw"].items():
        yield f"  {name:<20}{cell}"
    if one["absent_since"]:
        yield f"  absent since the export of {moment(one['absent_since'])}"


def _unknown(document: Mapping[str, Any]) -> str:
    return f"  not kept, and so empty: {', '.join(document['unknown'])}; places are today's"
