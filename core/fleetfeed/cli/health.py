"""`fleetfeed health`: whether feeds are fresh, for monitors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.ages import ago
from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.exits import report_broken
from fleetfeed.cli.status import STALE
from fleetfeed.monitoring.freshness import NEXT
from fleetfeed.project import Project
from fleetfeed.runtime import logs
from fleetfeed.states import Freshness
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.database import Database
    from fleetfeed.errors import SchemaBehind
    from fleetfeed.monitoring.notifiers import Webhook


def health(
    ctx: typer.Context,
    feeds: Annotated[list[str] | None, typer.Argument(metavar="FEED…", help="Only these feeds; else all.")] = None,
    max_age: Annotated[
        int | None, typer.Option(min=1, max=999_999, help="Minutes without a look, instead of `checked_after`.")
    ] = None,
    notify: Annotated[bool, typer.Option("--notify", help="Send changes to the webhook.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show whether each feed is fresh. Exits 3 if one is stale or has a concern, 1 if that is unknown."""
    from fleetfeed.database.schema.current import check_revision, sees_tables, without_table
    from fleetfeed.monitoring.freshness import concerns, freshness_of, public_freshness_of

    context: Context = ctx.obj
    if notify and max_age is not None:
        why = "--max-age does not apply to alarms, which runs send too: set checked_after instead"
        raise typer.BadParameter(why, param_hint="--notify")
    project = context.load()
    names = project.loaded.names(feeds or (), every=not feeds)
    webhook = _webhook(project) if notify else None
    limit = timedelta(minutes=max_age) if max_age else None
    bare: list[SchemaBehind] = []
    with project.database("health") as db:
        details = bool(limit or webhook or sees_tables(db))
        if details:
            check_revision(db, project.migrations)
            found = {name: freshness_of(db, name, limit) for name in names}
            bare = without_table(db, names)
        else:
            found = {name: public_freshness_of(db, name) for name in names}
        needs = {name: concerns(db, name, details=details) for name in names}
        for name in names if webhook else ():
            _notify(webhook, db, name)
    if as_json:
        rows = [{"feed": name, "freshness": fresh, "concerns": needs[name]} for name, fresh in found.items()]
        print_json(feeds=rows)
    for name, fresh in () if as_json else found.items():
        typer.echo(f"{name}: {_line(fresh)}")
        for concern, what in needs[name].items():
            typer.echo(printable(f"{name}: CONCERN; {concern}: {what}"))
    if any(fresh["state"] == Freshness.STALE for fresh in found.values()) or any(needs.values()):
        raise typer.Exit(STALE)
    report_broken(bare)


def _webhook(project: Project) -> Webhook:
    from fleetfeed.errors import ConfigError

    if project.webhook is None:
        raise ConfigError(
            "There is no webhook to notify.", next_step="Set FLEETFEED_NOTIFY__WEBHOOK, or leave out --notify."
        )
    return project.webhook


def _notify(webhook: Webhook | None, db: Database, feed: str) -> None:
    """Send changes to the webhook; a failure does not change the health of the feed."""
    from fleetfeed.errors import NotDelivered

    try:
        if webhook:
            webhook.send_freshness(db, feed)
    except NotDelivered as error:
        logs.log(logs.WARNING, f"{feed}: {error.cause}", event="warning", feed=feed)


def _line(fresh: dict[str, Any]) -> str:
    looked = f"checked {ago(fresh['checked_at'])}"
    if fresh["state"] == Freshness.UNKNOWN:
        return f"unknown; none is loaded yet, {looked}"
    ages = f"{looked}, its export was written {ago(fresh['source_last_modified'])}"
    return f"STALE; {fresh['reason']}: {NEXT[fresh['reason']]}; {ages}" if fresh["reason"] else f"fresh; {ages}"
