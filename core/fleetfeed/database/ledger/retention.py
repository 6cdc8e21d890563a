"""Deletes old records as configured, except what history, its teams, the archive or a replay still needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from fleetfeed.database.connection import Database
from fleetfeed.database.ledger.runs import READ_BY, write_meta

# Bodies of DELETE statements; parameters: `feed`, `age`. Rows that pending work refers to are kept.
_UNCAPTURED = "r.outcome = 'loaded' AND NOT EXISTS (SELECT FROM tickets.captured_runs AS c WHERE c.run_id = r.run_id)"
# Changes before this one are captured. How a ticket was closed is attributed by all of its changes.
_CAPTURED = f"""
    (SELECT coalesce(min(x.change_id), 9223372036854775807) FROM tickets.ticket_changes AS x
        JOIN tickets.import_runs AS r ON r.run_id = x.run_id WHERE r.feed = %(feed)s AND {_UNCAPTURED})
"""
_OLD = {
    "runs": f"""
        tickets.import_runs AS r WHERE r.feed = %(feed)s AND r.started_at < now() - %(age)s::interval
        AND NOT ({_UNCAPTURED})
        AND r.run_id <> (SELECT max(x.run_id) FROM tickets.import_runs AS x WHERE x.feed = r.feed)
        AND NOT EXISTS (SELECT FROM tickets.import_meta AS m WHERE m.feed = r.feed
            AND m.metadata ->> 'run_id' = r.run_id::text)
        AND NOT EXISTS (SELECT FROM tickets.rejects AS j WHERE j.resolved_at IS NULL
            AND (j.run_id = r.run_id OR r.outcome = 'loaded' AND j.feed = r.feed AND j.run_id < r.run_id))
        AND NOT EXISTS (SELECT FROM tickets.exports AS e WHERE e.feed = r.feed AND e.archived_key IS NULL
            AND e.state <> 'gone' AND (e.run_id = r.run_id OR {READ_BY}))
    """,
    "rejects": """
        tickets.rejects AS j WHERE j.feed = %(feed)s
        AND greatest(j.resolved_at, j.last_seen_at) < now() - %(age)s::interval AND j.resolved_at IS NOT NULL
    """,
    "changes": f"""
        tickets.ticket_changes AS c WHERE c.feed = %(feed)s AND c.observed_at < now() - %(age)s::interval
        AND c.change_id < {_CAPTURED} AND c.ticket_id NOT IN (SELECT tickets.unfinished(%(feed)s))
        AND NOT EXISTS (SELECT FROM tickets.ticket_changes AS n WHERE n.feed = c.feed AND n.ticket_id = c.ticket_id
            AND n.change_id >= {_CAPTURED})
    """,
}


def prune(db: Database, feed: str, ages: Mapping[str, timedelta], *, apply: bool) -> dict[str, int]:
    """Return how much is older than these ages, per table (`runs`, `rejects`, `changes`); with `apply` delete it."""
    found = {}
    with db.transaction(keep=apply):
        for name, age in ages.items():
            values = {"feed": feed, "age": age}
            if apply and name == "changes":
                found[name] = _delete_changes(db, values)
            elif apply:
                found[name] = db.execute(f"DELETE FROM {_OLD[name]}", values).rowcount
            else:
                found[name] = db.one(f"SELECT count(*) FROM {_OLD[name]}", values)
        if apply and "rejects" in ages:
            db.execute(
                "DELETE FROM tickets.reject_headers AS h WHERE h.feed = %s AND NOT EXISTS (SELECT FROM "
                "tickets.rejects AS j WHERE j.header_id = h.header_id)",
                [feed],
            )
        if apply and "runs" in ages:
            db.execute(
                "DELETE FROM tickets.captured_runs AS c WHERE c.feed = %s AND NOT EXISTS (SELECT FROM "
                "tickets.import_runs AS r WHERE r.run_id = c.run_id)",
                [feed],
            )
    return found


def _delete_changes(db: Database, values: Mapping[str, object]) -> int:
    """Delete changes, and note the last run that has lost some: the past before its end cannot be given back."""
    deleted = f"WITH deleted AS (DELETE FROM {_OLD['changes']} RETURNING c.run_id)"
    count, last = db.all(f"{deleted} SELECT count(*), max(run_id) FROM deleted", values)[0]
    if count:
        feed = str(values["feed"])
        known = db.one("SELECT metadata ->> 'pruned_run' FROM tickets.import_meta WHERE feed = %s", [feed])
        write_meta(db, feed, {"pruned_run": max(last, int(known or 0))})
    return int(count)


def prune_holds(db: Database, feeds: Sequence[str], *, apply: bool) -> int:
    """Return how many holds of these feeds, and of units, have ended; with `apply` delete them."""
    ended = "tickets.dispatch_holds WHERE until < now() AND (feed IS NULL OR feed = ANY(%s))"
    if not apply:
        return int(db.one(f"SELECT count(*) FROM {ended}", [feeds]))
    with db.transaction():
        return db.execute(f"DELETE FROM {ended}", [feeds]).rowcount
