"""`fleetfeed places`: list the places of clusters and locations, and set places by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.exits import report_broken
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.runtime import logs
from fleetfeed.text.escape import counted, printable
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.geocoding.manual import Known

app = typer.Typer(no_args_is_help=True, help="List the places of clusters and locations, and set them by hand.")


@app.command("list")
@only_prints
def list_(
    ctx: typer.Context,
    cluster: Annotated[str | None, typer.Argument(help="Only this one and its locations.")] = None,
    status: Annotated[str | None, typer.Option(help="Only ok, not_found, rejected or manual ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List places: their coordinates, precision and provider, or why they are unknown."""
    from fleetfeed.database.ledger.queries import places

    context: Context = ctx.obj
    project = context.load()
    with project.database("places") as db:
        found = places(db, cluster, status, limit + 1)
    rows, more = found[:limit], len(found) > limit
    if as_json:
        print_json(places=rows, more=more)
        return
    for place in rows:
        typer.echo(printable(_line(place)))
    if more:
        typer.echo(f"… more than {limit:,}; --limit N shows them.")
    if not rows:
        typer.echo("There are no places. Next: fleetfeed geocode FEED --clusters")


@app.command("set")
def set_(
    ctx: typer.Context,
    cluster: Annotated[str, typer.Argument(help="As in the tickets.")],
    location: Annotated[str | None, typer.Argument(help="A location in it, as in the tickets.")] = None,
    at: Annotated[str, typer.Option(metavar="LAT,LON", help="Where it is, in decimal degrees.")] = "",
    precision: Annotated[
        str | None, typer.Option(help="venue, building, street, neighbourhood, borough, city.")
    ] = None,
    note: Annotated[str, typer.Option(help="The source, and why.")] = "",
) -> None:
    """Set the place of a cluster or a location; geocoding does not overwrite it."""
    from fleetfeed.geo import Point
    from fleetfeed.geocoding.manual import Known

    latitude, _, longitude = at.partition(",")
    point = Point.read(latitude.strip(), longitude.strip())
    _enter(ctx, [Known(cluster.strip(), location, point, precision, note)])


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV: cluster, location, latitude, longitude, precision, note.")],
) -> None:
    """Set many places, all of them or none."""
    from fleetfeed.geocoding.manual import read

    _enter(ctx, read(file))


def _enter(ctx: typer.Context, places: list[Known]) -> None:
    from fleetfeed.geocoding.apply import LATER
    from fleetfeed.geocoding.manual import enter, unused
    from fleetfeed.runtime.clock import Clock

    context: Context = ctx.obj
    project = context.load()
    feeds, broken = project.plugins.usable(project.loaded.settings.feeds)
    with project.database("places") as db:
        radii = {feed.name: project.loaded.feed(feed.name).place_radius_km for feed in feeds}
        changed = enter(db, feeds, places, Clock(), radii)
        for warning in unused(db, feeds, places):
            logs.log(logs.WARNING, warning, event="warning")
    typer.echo(f"{counted(len(places), 'place', 'is/are')} set by hand.")
    for feed, count in changed.items():
        done = LATER if count is None else f"{counted(count, 'ticket', 'has/have')} another place now"
        typer.echo(f"  {feed}: {done}")
    report_broken(broken)


def _line(place: dict[str, Any]) -> str:
    name = place["cluster"] + (f" / {place['location']}" if place["location"] else "")
    where = "" if place["latitude"] is None else f" {place['latitude']:.5f},{place['longitude']:.5f}"
    by = "".join(f" {place[key]}" for key in ("precision", "provider") if place[key])
    why = f" ({place['note']})" if place["note"] else ""
    again = "" if place["next_try_at"] is None else f", looked up again after {moment(place['next_try_at'])}"
    return f"{name}: {place['status']}{where}{by}{why}{again}"
