"""`fleetfeed dispatch`: which unit should take which ticket next, and why."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.cli.output.unit_lines import NO_UNITS
from fleetfeed.text.escape import counted, printable
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.project import Project

STALE = 3  # exit code
_SHOWN = 10  # tickets of a reason
_MOST_IDLE = 50  # units


@only_prints
def dispatch(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    unit: Annotated[list[str] | None, typer.Option(help="Show only this unit; may be repeated.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Show only tickets of this cluster.")] = None,
    per_unit: Annotated[int | None, typer.Option(min=1, max=20, help="Stops of each unit.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line of CSV for each stop.")] = False,
    as_geojson: Annotated[bool, typer.Option("--geojson", help="Units, tickets, and a line for each way.")] = False,
    as_json: AsJson = False,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the plan: the next one differs only where that saves enough.")
    ] = False,
) -> None:
    """Suggest which unit takes which ticket next, and say why; nothing is written to the ticket system.

    Exits 3 if the tickets are stale.
    """
    from fleetfeed.dispatch.rendered import as_csv as csv_of
    from fleetfeed.dispatch.rendered import as_geojson as geojson_of

    if as_csv + as_geojson + as_json > 1:
        raise typer.BadParameter("give only one of --csv, --geojson and --json", param_hint="--csv")
    context: Context = ctx.obj
    overrides = {"dispatch.per_unit": per_unit}
    project = context.load(overrides)
    document = plan(project, feed, unit or [], cluster, save=save)
    if as_csv or as_geojson:
        written = csv_of(document) if as_csv else json.dumps(geojson_of(document), separators=(",", ":")) + "\n"
        typer.echo(written, nl=False)
        for line in _saved(document):
            typer.echo(line, err=True)
    elif as_json:
        print_json(**document)
    else:
        for line in lines(document, ZoneInfo(project.loaded.settings.project.timezone)):
            typer.echo(printable(line))
    if document["caution"]:
        raise typer.Exit(STALE)


def plan(
    project: Project, feed: str, units: Collection[str] = (), cluster: str | None = None, *, save: bool = False
) -> dict[str, Any]:
    """Return the plan, or the part of some units and a cluster; with `save`, keep the whole. Raises UsageError."""
    from fleetfeed.database.schema.current import check, sees_tables
    from fleetfeed.dispatch import inputs
    from fleetfeed.dispatch.part import part
    from fleetfeed.dispatch.suggest import check_installed, suggest

    check_installed()
    (declared,) = project.feeds([feed])
    settings = project.loaded.settings
    with project.database(f"dispatch {feed}") as db:
        if sees_tables(db):
            check(db, project.migrations, declared)
        answer = db.one(*inputs.question(feed, settings.bursts))
        document = suggest(feed, answer, settings.dispatch, settings.units.position_max_age)
        shown = part(document, units, cluster)
        if save:
            shown["plan_id"] = db.one("SELECT tickets.save_plan(%s, %s::json)", [feed, json.dumps(document)])
    return shown


def lines(document: Mapping[str, Any], zone: ZoneInfo) -> Iterator[str]:
    """Yield the lines of a plan for people."""
    totals = document["totals"]
    if document["caution"]:
        yield f"CAUTION: {document['caution']}"
    as_of = moment(document["data_as_of"], zone) if document["data_as_of"] else "no export yet"
    yield f"Made {moment(document['made_at'], zone)} of tickets as of {as_of}."
    take = "takes" if totals["going"] == 1 else "take"
    yield (
        f"{totals['going']} of {counted(totals['units'], 'unit')} {take} "
        f"{totals['assigned']} of {counted(totals['open'], 'open ticket')}; "
        f"{totals['travel_minutes']:,.0f} min of driving. Distances are straight lines."
    )
    if whole := document["part_of"]:
        yield (
            f"This is a part of the plan, in which {whole['going']} of {counted(whole['units'], 'unit')} go to "
            f"{whole['assigned']} of {counted(whole['open'], 'open ticket')}."
        )
    for each in document["assignments"]:
        yield from _assignment(each)
    for each in document["idle"][:_MOST_IDLE]:
        why = each["why"] if each["why"].startswith(each["reason"]) else f"{each['reason']}: {each['why']}"
        yield f"  {each['unit']}: stays ({why})"
    if (more := len(document["idle"]) - _MOST_IDLE) > 0:
        yield f"  {counted(more, 'more unit')} stay: --json lists all"
    for refused in document["refused"]:
        named = ", ".join(one["ticket_id"] for one in refused["tickets"][:_SHOWN])
        others = f" and {refused['n'] - _SHOWN:,} more" if refused["n"] > _SHOWN else ""
        yield f"  {counted(refused['n'], 'ticket')}: {refused['reason']} ({named}{others})"
    for ignored in document["ignored_holds"]:
        yield f"  hold {ignored['hold_id']} is not followed: {ignored['why']}"
    if not (document["part_of"] or totals)["units"]:
        yield NO_UNITS
    yield from _saved(document)


def _saved(document: Mapping[str, Any]) -> Iterator[str]:
    if "plan_id" in document:
        yield f"Saved as plan {document['plan_id']}; the next one differs only where that saves enough."


def _assignment(each: Mapping[str, Any]) -> Iterator[str]:
    stop = f" (stop {each['stop']})" if each["stop"] > 1 else ""
    where = each["ticket"]["location_name"] or each["ticket"]["cluster"] or "no name"
    yield f"  {each['unit']}{stop} → {each['ticket_id']}, {where}: {'; '.join(each['reasons'])}"
    for caution in each["caution"]:
        yield f"      careful: {caution}"
    for other in each["nearer"]:
        yield f"      nearer is {other['unit']} ({other['distance_m'] / 1000:,.1f} km): {other['why']}"
