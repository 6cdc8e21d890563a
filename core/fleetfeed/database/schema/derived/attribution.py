"""The SQL fragments that attribute closures to teams."""

from __future__ import annotations

from collections.abc import Callable

from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.feed import Feed

Fragment = str | Callable[[str], str]

_COLUMNS = (
    *("event_id", "feed", "episode", "closing_team", "basis", "working_team", "stretch_minutes", "handovers"),
    *("teams", "kind", "reopened_at", "reopened_run", "corrected_from"),
)
# What is known of a closure before the teams that had its ticket are looked up.
_OF_CLOSURE = (
    *("event_id", "ticket_id", "team", "owner", "is_new"),
    *("is_repaired", "episode", "reopened_run", "team_before"),
)


def attribution(feed: Feed) -> dict[str, Fragment]:
    """Return the fragments by name."""
    bucket = feed.roles.bucket
    team = literal(feed.roles.team) if feed.roles.team else ""
    return {
        "attribution": ", ".join(_COLUMNS),
        "of_closure": ", ".join(_OF_CLOSURE),
        "last_team": _last_team(feed),
        "team_changed": f"h.changed ? {team}" if team else "false",
        "team_before": _old_team(team, "h", "f.team") if team else "NULL::text",
        "bucket_of": lambda prefix: f"{prefix}{quoted(bucket)}" if bucket else "NULL::text",
        "share": _share,
        "p50_p90": _p50_p90,
    }


def _old_team(team: str, change: str, unchanged: str) -> str:
    """Return the team before a change; null if there was none."""
    old = f"nullif({change}.changed -> {team} ->> 0, '')"
    return f"CASE WHEN {change}.changed ? {team} THEN {old} ELSE {unchanged} END"


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
