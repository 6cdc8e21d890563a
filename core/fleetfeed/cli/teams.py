"""`fleetfeed teams`: which team closed and repaired what, from the closures that captures attributed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.text.escape import printable
from fleetfeed.text.suggest import did_you_mean

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context


class Window(StrEnum):
    """The time that is looked at; it ends now."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"


@only_prints
def teams(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    cluster: Annotated[str | None, typer.Option(help="Only tickets of this cluster; (none): without one.")] = None,
    window: Annotated[Window, typer.Option(help="Closures of this time.")] = Window.WEEK,
    as_json: AsJson = False,
) -> None:
    """Show which team closed and repaired how many tickets, how long that took, and how many repairs lasted."""
    from fleetfeed.cli.output.teams_report import report
    from fleetfeed.database.ledger.queries import clusters, teams_document
    from fleetfeed.database.schema.current import check, sees_tables

    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    with project.database(f"teams {feed}") as db:
        if sees_tables(db):  # a reader may only call functions
            check(db, project.migrations, declared)
        document = teams_document(db, feed, cluster, window)
        known = clusters(db, feed) if cluster and not document["teams"] else None
    if as_json:
        print_json(**document)
        return
    for line in report(document):
        typer.echo(line)
    if cluster and known is not None and cluster not in (*known, "(none)"):
        typer.echo(printable(f"  No ticket is in cluster {cluster!r}{did_you_mean(cluster, known) or '.'}"))
