"""The SQL fragments that attribute closures to teams."""

from __future__ import annotations

from collections.abc import Callable

from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.feed import Feed

Fragment = str | Callable[[str], str]

_COLUMNS = (
    *("event_id", "feed", "episode", "closing_team", "basis", "working_team", "stretch_minutes", "handovers"),
    *("teams", "kind", "reopened_at", "corrected_from"),
)


def attribution(feed: Feed, postgis: str) -> dict[str, Fragment]:
    """Return the fragments by name."""
    bucket = feed.roles.bucket
    cells = _cells(feed)
    stored = {column.name: column.generated for column in tables.columns(feed, postgis)}
    return {
        "attribution": ", ".join(_COLUMNS),
        "last_team": _last_team(feed),
        "closing_cells": _object({name: f"c.raw -> {literal(name)}" for name in cells}),
        "cells_before": _object({name: _before(name) for name in cells}),
        "from_cells": ", ".join(f"{stored[name]} AS {quoted(name)}" for name in cells),
        "bucket_of": lambda prefix: f"{prefix}{quoted(bucket)}" if bucket else "NULL::text",
        "share": _share,
        "p50_p90": _p50_p90,
    }


def _cells(feed: Feed) -> list[str]:
    """List the columns that decide whether a ticket is closed, and who has it."""
    roles = feed.roles
    return list(dict.fromkeys(name for name in (roles.status, roles.closed, roles.team) if name))


def _object(members: dict[str, str]) -> str:
    return f"jsonb_build_object({', '.join(f'{literal(name)}, {value}' for name, value in members.items())})"


def _before(name: str) -> str:
    """Return a cell before change `h`: the old value in the next change of it, else that of the closing row `f`.

    The window `undone` begins with the closing change and ends with `h`. A cell that was empty is a JSON null.
    """
    key = literal(name)
    old = f"array_agg(h.changed -> {key} -> 0) FILTER (WHERE h.changed ? {key}) OVER undone"
    return f"coalesce(({old})[count(h.changed -> {key}) OVER undone], f.raw -> {key})"


def _last_team(feed: Feed) -> str:
    """Select the last team of ticket `e` before it was observed, from its change log."""
    if not feed.roles.team:
        return "NULL::text"
    old = f"nullif(c.changed -> {literal(feed.roles.team)} ->> 0, '')"
    return (
        f"(SELECT (array_agg({old} ORDER BY c.change_id DESC))[1] FROM tickets.ticket_changes AS c "
        f"WHERE c.feed = e.feed AND c.ticket_id = e.ticket_id AND c.observed_at <= e.observed_at AND {old} IS NOT NULL)"
    )


def _share(asked: str) -> str:
    """Return one count as per cent of another; null if that is below [teams] min_n."""
    part, whole = asked.split(", ")
    return f"CASE WHEN {whole} >= v_least THEN trim_scale(round(100.0 * ({part}) / ({whole}), 6)) END"


def _p50_p90(row: str) -> str:
    """Return the percentiles `p` of a row with the number `timed` of its values; null below [teams] min_n."""
    return ", ".join(
        f"'p{name}', CASE WHEN {row}.timed >= v_least THEN trim_scale(round({row}.p[{place}]::numeric, 6)) END"
        for place, name in ((1, 50), (2, 90))
    )
