"""`fleetfeed metrics`: metrics of feeds in the text format of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.exits import report_broken
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import FleetfeedError, SchemaBehind

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.monitoring.metrics import Sample


@only_prints
def metrics(
    ctx: typer.Context,
    feeds: Annotated[list[str] | None, typer.Argument(metavar="FEED…", help="Only these feeds; else all.")] = None,
) -> None:
    """Write ages, counts and states of each feed on stdout, for Prometheus."""
    from fleetfeed.database.schema.current import check
    from fleetfeed.monitoring.metrics import exposition, samples

    context: Context = ctx.obj
    project = context.load()
    usable, unusable = (project.feeds(feeds), []) if feeds else project.plugins.usable(project.loaded.settings.feeds)
    broken: list[FleetfeedError] = [*unusable]
    found: list[Sample] = []
    with project.database("metrics") as db:
        for feed in usable:
            try:
                check(db, project.migrations, feed)
                found += samples(db, feed)
            except SchemaBehind as error:
                broken.append(error)
    typer.echo(exposition(found), nl=False)
    report_broken(broken)
