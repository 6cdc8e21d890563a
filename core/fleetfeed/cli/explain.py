"""`fleetfeed explain`: one ticket with its changes, closures, rejects and place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.cli.output.streams import only_prints
from fleetfeed.errors import UsageError
from fleetfeed.text.escape import counted, printable
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context


@only_prints
def explain(
    ctx: typer.Context,
    feed: Annotated[str, typer.Argument(help="A feed of fleetfeed.toml.")],
    ticket: Annotated[str, typer.Argument(help="A ticket's id, exactly as in the table.")],
    as_json: AsJson = False,
) -> None:
    """Explain one ticket: what changed it and when, closures, absences, rejects, and its place."""
    from fleetfeed.database.schema.current import check
    from fleetfeed.explain import explain as explained

    context: Context = ctx.obj
    project = context.load()
    (declared,) = project.feeds([feed])
    check_text("ticket's id", ticket)
    with project.database(f"explain {feed}") as db:
        check(db, project.migrations, declared)
        found = explained(db, declared, ticket)
    if as_json:
        print_json(feed=feed, **found)
        return
    for line in (_head(feed, found), *_now(found["now"]), *_past(found)):
        typer.echo(printable(line))


def check_text(what: str, text: str) -> None:
    """Check that PostgreSQL can store a text: no NUL, and no surrogates from undecodable bytes. Raises UsageError."""
    if any("\ud800" <= char <= "\udfff" or char == "\0" for char in text):
        raise UsageError(f"The {what} is not UTF-8 text.", effect="", next_step="Check your terminal's encoding.")


def _head(feed: str, found: Mapping[str, Any]) -> str:
    return f"{feed} {found['ticket_id']}: {found['now']['state'] if found['now'] else 'no longer in the table'}"


def _now(now: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield lines about the current row: its cells, its age and its place."""
    if now is None:
        return
    row = now["columns"]
    for name, cell in now["raw"].items():
        unread = " (cannot be converted to the column's type)" if name in now["unreadable"] else ""
        yield f"  {name:<20}{cell}{unread}"
    yield f"  written   by run {row['run_id'] or 'of an earlier program'}, {moment(row['ingested_at'])}"
    if row["absent_since"]:
        yield f"  absent    since the export of {moment(row['absent_since'])}"
    if age := now["age"]:
        yield f"  age       {_age(age)}"
    yield from _place(now["place"])


def _age(age: Mapping[str, Any]) -> str:
    if age["age_minutes"] is None:
        return "unknown: no time is given from which it counts"
    since = f"{counted(age['age_minutes'], 'minute')} since {age['age_from']}"
    if not age["target_minutes"]:
        return f"{since}; there is no target for it"
    return f"{since}, {age['elapsed_pct']:.0f} % of {age['target_minutes']:,}: {age['sla_state']}"


def _place(place: Mapping[str, Any]) -> Iterator[str]:
    where = f"{place['latitude']:.6f},{place['longitude']:.6f}" if place["latitude"] is not None else "none"
    by = f" from the {place['source']} ({place['precision']})" if place["source"] else ""
    yield f"  place     {where}{by}"
    for looked in place["looked_at"]:
        name = f" {looked['name']}" if looked["name"] else ""
        known = looked["known"] or {}
        result = ", ".join(
            str(known[key]) for key in ("status", "provider", "precision", "display_name") if known.get(key)
        )
        when = f", {moment(known['fetched_at'])}" if known.get("fetched_at") else ""
        parts = [part for part in (result + when, looked["why"] or "used") if part]
        yield f"            {looked['source']}{name}: {'; '.join(parts)}"


def _past(found: Mapping[str, Any]) -> Iterator[str]:
    for event in found["events"]:
        yield f"  {event['kind']:<9} {moment(event['observed_at'])} {_origin(event)}"
        for name, (old, new) in (event["changed"] or {}).items():
            yield f"            {name}: {_cell(old)} → {_cell(new)}"
    for absence in found["absences"]:
        until = f"until {moment(absence['until'])}" if absence["until"] else "and has not returned"
        yield f"  absence   from {moment(absence['since'])} {until}"
    for closure in found["closures"]:
        by = " ".join(str(closure[name]) for name in ("raw_status", "assigned_team", "owner") if closure[name])
        closed_at = moment(closure["closed_at"]) if closure["closed_at"] else "at no known time"
        run = f" in run {closure['run_id']}" if closure["run_id"] else ""
        yield f"  closure   {closed_at}, observed {moment(closure['observed_at'])}{run}; {by}"
        if closure["attribution"]:
            yield f"            {_attribution(closure['attribution'])}"
    for reject in found["rejects"]:
        detail = f" ({reject['detail']})" if reject["detail"] else ""
        last = moment(reject["last_seen_at"])
        place = f"record {reject['record']}, line {reject['line']}, ×{reject['times']}, last {last}"
        yield f"  reject    {reject['reject_id']}: {reject['reason']}{detail}, {place}"


def _attribution(found: Mapping[str, Any]) -> str:
    closed_by = f"{found['closing_team'] or 'nobody known'} (basis {found['basis']})"
    minutes = found["stretch_minutes"]
    held = f", which had it for {counted(minutes, 'minute')}" if minutes is not None else ""
    worked = f"worked on by {found['working_team']}{held}" if found["working_team"] else ""
    handovers = counted(found["handovers"], "handover") if found["handovers"] else ""
    reopened = f"reopened {moment(found['reopened_at'])}" if found["reopened_at"] else ""
    corrected = "" if found["stands"] else "its closing time was corrected later"
    parts = (f"{found['kind']}, closed by {closed_by}", worked, handovers, reopened, corrected)
    return "; ".join(filter(None, parts))


def _origin(event: Mapping[str, Any]) -> str:
    archived = f", archived as {event['archived_key']}" if event["archived_key"] else ""
    loaded = f" loaded {moment(event['loaded_at'])}" if event["loaded_at"] else ""
    return f"in {event['export'] or 'an export'} (run {event['run_id']}{loaded}{archived})"


def _cell(text: str | None) -> str:
    return "∅" if text is None else f"«{text}»"
