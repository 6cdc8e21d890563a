"""`fleetfeed places`: what the gazetteers hold, and places that a person knows better than any provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import written
from fleetfeed.cli.output.exits import tell_broken
from fleetfeed.cli.output.streams import answers
from fleetfeed.runtime import logs
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.geocoding.manual import Known

app = typer.Typer(no_args_is_help=True, help="Look at the places of clusters and locations, and set them by hand.")

_NAMES = (
    *("cluster", "location", "status", "latitude", "longitude", "precision", "provider", "display_name", "query"),
    *("attempts", "fetched_at", "expires_at", "next_try_at", "note"),
)
_COLUMNS = ", ".join(_NAMES[2:])
_LIST = f"""
SELECT * FROM (
    SELECT cluster, NULL AS location, {_COLUMNS} FROM tickets.geo_clusters
    UNION ALL SELECT cluster, location_key, {_COLUMNS} FROM tickets.geo_locations
) AS place
WHERE (%s::text IS NULL OR cluster = %s) AND (%s::text IS NULL OR status = %s)
ORDER BY cluster, location NULLS FIRST LIMIT %s
"""


@app.command("list")
@answers
def list_(
    ctx: typer.Context,
    cluster: Annotated[str | None, typer.Argument(help="Only this one and its locations.")] = None,
    status: Annotated[str | None, typer.Option(help="Only ok, not_found, rejected or manual ones.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List places: where they are, how precisely, who said so, or why they are not known."""
    context: Context = ctx.obj
    project = context.load()
    with project.database("places") as db:
        rows = db.all(_LIST, [cluster, cluster, status, status, limit + 1])
    places, more = [dict(zip(_NAMES, row, strict=True)) for row in rows[:limit]], len(rows) > limit
    if as_json:
        typer.echo(written(places=places, more=more))
        return
    for place in places:
        typer.echo(printable(_line(place)))
    if more:
        typer.echo(f"… more than {limit:,}; --limit N shows them.")
    if not places:
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
    note: Annotated[str, typer.Option(help="Who says so, and why.")] = "",
) -> None:
    """Set the place of a cluster or a location; no provider writes over it."""
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
        radii = {feed.name: project.settings(feed.name).place_radius_km for feed in feeds}
        changed = enter(db, feeds, places, Clock(), radii)
        for warning in unused(db, feeds, places):
            logs.tell(logs.WARNING, warning, event="warning")
    typer.echo(f"{len(places):,} places are set by hand.")
    for feed, count in changed.items():
        typer.echo(f"  {feed}: {LATER if count is None else f'{count:,} tickets have another place now'}")
    tell_broken(broken)


def _line(place: dict[str, Any]) -> str:
    name = place["cluster"] + (f" / {place['location']}" if place["location"] else "")
    where = "" if place["latitude"] is None else f" {place['latitude']:.5f},{place['longitude']:.5f}"
    by = "".join(f" {place[key]}" for key in ("precision", "provider") if place[key])
    why = f" ({place['note']})" if place["note"] else ""
    again = "" if place["next_try_at"] is None else f", asked for again after {place['next_try_at']:%Y-%m-%d %H:%M} UTC"
    return f"{name}: {place['status']}{where}{by}{why}{again}"
