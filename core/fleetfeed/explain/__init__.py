"""Explain one ticket: changes, closures, rejects, place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fleetfeed.database.connection import SNAPSHOT
from fleetfeed.database.schema.tables import checked_columns, closed, columns, is_open, literal, quoted, table
from fleetfeed.explain.place import place
from fleetfeed.explain.unknown import unknown
from fleetfeed.feed import Feed
from fleetfeed.states import ChangeKind

if TYPE_CHECKING:
    from fleetfeed.database import Database

_SLA = "SELECT age_minutes, age_from, target_minutes, elapsed_pct, sla_state, sla_basis FROM tickets.{}_open_sla"
# With each change: the run that wrote it, and the export it read, found by name and time.
_EVENTS = """
SELECT c.change_id, c.kind, c.observed_at, c.run_id, r.finished_at AS loaded_at, r.source_key AS export,
    e.archived_key, c.changed
FROM tickets.ticket_changes AS c LEFT JOIN tickets.import_runs AS r USING (run_id)
LEFT JOIN tickets.exports AS e
    ON (e.feed, e.key, e.etag, e.last_modified) = (c.feed, r.source_key, r.source_etag, c.observed_at)
WHERE c.feed = %s AND c.ticket_id = %s ORDER BY c.change_id
"""
_CLOSURES = """
SELECT e.closed_at, e.observed_at, e.run_id, e.cluster, e.region, e.assigned_team, e.owner, e.mttr, e.sla_status,
    e.raw_status, CASE WHEN a.event_id IS NOT NULL THEN json_build_object(
        'episode', a.episode, 'kind', a.kind, 'closing_team', a.closing_team, 'basis', a.basis,
        'working_team', a.working_team, 'stretch_minutes', a.stretch_minutes, 'handovers', a.handovers,
        'teams', a.teams, 'reopened_at', a.reopened_at, 'stands', a.stands) END AS attribution
FROM tickets.closure_events AS e LEFT JOIN tickets.closure_teams AS a USING (event_id)
WHERE e.feed = %s AND e.ticket_id = %s ORDER BY e.event_id
"""
_REJECTS = """
SELECT reject_id, reason, detail, record, line, times, run_id, first_seen_at, last_seen_at, resolved_at, resolution
FROM tickets.rejects WHERE feed = %s AND ticket_id = %s ORDER BY reject_id
"""
_HIDDEN = frozenset({"raw", "geom", "geog", "source_digest"})


def explain(db: Database, feed: Feed, ticket: str) -> dict[str, Any]:
    """Collect everything about a ticket, in one snapshot, as plain JSON. Raises UsageError if it is unknown.

    `now` is None for a ticket that is no longer in the table.
    """
    with db.transaction():
        db.execute(SNAPSHOT)
        key = [feed.name, ticket]
        events = _all(db, _EVENTS, key)
        closures, rejects = _all(db, _CLOSURES, key), _all(db, _REJECTS, key)
        now = _now(db, feed, ticket)
        if not (now or events or closures):
            raise unknown(db, feed, ticket, [reject["reject_id"] for reject in rejects])
    return {
        "ticket_id": ticket,
        "now": now,
        "events": events,
        "absences": absences(events),
        "closures": closures,
        "rejects": rejects,
    }


def absences(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Pair the exports that stopped listing a ticket with those that listed it again."""
    found: list[dict[str, Any]] = []
    for event in events:
        if event["kind"] == ChangeKind.ABSENT:
            found.append({"since": event["observed_at"], "until": None})
        elif event["kind"] == ChangeKind.RETURNED and found and found[-1]["until"] is None:
            found[-1]["until"] = event["observed_at"]
    return found


def _now(db: Database, feed: Feed, ticket: str) -> dict[str, Any] | None:
    """Read the ticket from its table; None if it is not there."""
    shown = ", ".join(quoted(column.name) for column in columns(feed, db.postgis) if column.name not in _HIDDEN)
    unreadable = ", ".join(
        f"CASE WHEN {wrong} AND t.raw ? {literal(name)} THEN {literal(name)} END"
        for name, wrong in checked_columns(feed)
    )
    sql = (
        f"SELECT (SELECT row_to_json(x) FROM (SELECT {shown}) AS x), "
        "(SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(t.raw) WHERE value IS NOT NULL), "
        f"array_remove(ARRAY[{unreadable}]::text[], NULL), "
        f"CASE WHEN {closed(feed)} THEN 'closed' WHEN {is_open(feed)} THEN 'open' ELSE 'absent' END "
        f"FROM {table(feed)} AS t"
    )
    rows = db.all(f"{sql.replace('%', '%%')} WHERE t.ticket_id = %s", [ticket])
    if not rows:
        return None
    row, cells, wrong, state = rows[0]
    raw = cells or {}
    declared = (column.name for column in feed.columns)
    sla = _all(db, f"{_SLA.format(feed.name)} WHERE ticket_id = %s", [ticket])
    return {
        "state": state,
        "columns": row,
        "raw": {name: raw[name] for name in dict.fromkeys([*declared, *raw]) if name in raw},
        "unreadable": wrong,
        "age": sla[0] if sla else None,
        "place": place(db, feed, row, raw),
    }


def _all(db: Database, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    return [row for (row,) in db.all(f"SELECT row_to_json(found) FROM ({sql}) AS found", values)]
