"""`fleetfeed nearest`: open tickets near a point or a unit, and units near a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.explain import check_text
from fleetfeed.cli.output.ages import span
from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.cli.output.unit_lines import distance, stale, unit_line
from fleetfeed.errors import UsageError
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from datetime import timedelta

    from fleetfeed.cli.context import Context
    from fleetfeed.feed import Feed
    from fleetfeed.project import Project


@only_prints
def nearest(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    at: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Open tickets near this point.")] = None,
    unit: Annotated[str | None, typer.Option(help="Open tickets near this unit.")] = None,
    ticket: Annotated[str | None, typer.Option(help="Units on duty near this ticket.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=50, help="At most so many.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List what is nearest, by straight line: exactly one of --at, --unit and --ticket."""
    context: Context = ctx.obj
    if sum(option is not None for option in (at, unit, ticket)) != 1:
        raise typer.BadParameter("give exactly one of --at, --unit and --ticket", param_hint="--at")
    check_text("ticket's id", ticket or "")
    check_text("unit's name", unit or "")
    project = context.load()
    age = project.loaded.settings.units.position_max_age
    document = _document(project, feed, at, unit, ticket, limit)
    if ticket is not None and not as_json:
        lines = _unit_lines(document, age)
    else:
        lines = iter(()) if as_json else _ticket_lines(document)
    for line in lines:
        typer.echo(printable(line))
    if as_json:
        for found in document.get("units", ()):
            found["stale"] = stale(found, age)
        print_json(**document)


def _document(
    project: Project, feed: str, at: str | None, unit: str | None, ticket: str | None, limit: int
) -> dict[str, Any]:
    from fleetfeed.database.schema.current import check, sees_tables
    from fleetfeed.units.nearest import TO_POINT, TO_TICKET, TO_UNIT, ask

    (declared,) = project.feeds([feed])
    sql: str = TO_TICKET
    values: list[Any] = [ticket, limit]
    if at is not None:
        sql, values = TO_POINT, [*_point(at, declared), limit]
    elif unit is not None:
        sql, values = TO_UNIT, [limit, unit]
    with project.database(f"nearest {feed}") as db:
        if sees_tables(db):
            check(db, project.migrations, declared)
        document: dict[str, Any] | None = ask(db, sql.format(feed), values)
    if document is None:
        raise UsageError(
            f"Feed {feed} has no ticket {ticket!r}.", effect="", next_step="Pass its id as the table has it."
        )
    return document


def _point(at: str, feed: Feed) -> list[float]:
    from fleetfeed.geo import Point

    latitude, _, longitude = at.partition(",")
    point = Point.read(latitude.strip(), longitude.strip())
    if not point.exists:
        raise typer.BadParameter("give decimal degrees, such as -1.2921,36.7856: latitude first", param_hint="--at")
    exchanged = Point(point.longitude, point.latitude)
    if feed.country and exchanged.inside(feed.country) and not point.inside(feed.country):
        meant = f"{longitude.strip()},{latitude.strip()}"
        raise typer.BadParameter(f"{at} is outside the country, {meant} is inside: latitude first", param_hint="--at")
    return [point.latitude, point.longitude]


def _ticket_lines(document: Mapping[str, Any]) -> Iterator[str]:
    for feature in document["features"]:
        found = feature["properties"]
        age = "" if found["age_minutes"] is None else f"opened {span(found['age_minutes'])}"
        about = (age, found["sla_state"], found["assigned_team"], found["location_name"] or found["cluster"])
        yield f"{distance(found['distance_m']):>9}  {found['ticket_id']}" + "".join(
            f", {part}" for part in about if part
        )
    yield "Distances are straight lines." if document["features"] else "No open ticket has a place."


def _unit_lines(document: Mapping[str, Any], age: timedelta) -> Iterator[str]:
    if document["at"] is None:
        yield f"{document['ticket_id']} has no place, so nothing is near it; `fleetfeed explain` says why."
        return
    for found in document["units"]:
        yield f"{distance(found['distance_m']):>9}  {unit_line(found, age)}"
    out = document["left_out"]
    reasons = {"off duty": out["off_duty"], "without position and home": out["nowhere"]}
    left = ", ".join(f"{count:,} {why}" for why, count in reasons.items() if count)
    yield ("Distances are straight lines." if document["units"] else "No unit on duty has a place.") + (
        f" Left out: {left}." if left else ""
    )
    if document["state"] != "open":
        yield f"The ticket is {document['state']}."
