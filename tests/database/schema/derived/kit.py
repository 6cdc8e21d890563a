"""What the tests of the read side ask, and how they put tickets into the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, timedelta
from typing import Any

import orjson

from fleetfeed.database import Database
from fleetfeed.database.schema.settings import FeedTerms, Terms
from tests.kit import START, Bench, ticket

TERMS = Terms({"inc": FeedTerms({"default": 2880, "fibre": 240}, timezone="Africa/Nairobi")})
DAY = START.date()  # of the exports, in East Africa too: they are written from nine in the morning on
_FLOW = "observed_created, observed_closed, observed_reopened"


def put(db: Database, tickets: Iterable[Mapping[str, str | None]]) -> None:
    """Put tickets into the table as any writer could; a cell that is None is left out, `absent_since` is the column."""
    for row in tickets:
        raw = {name: cell for name, cell in row.items() if cell is not None and name != "absent_since"}
        db.execute(
            "INSERT INTO tickets.inc (ticket_id, raw, absent_since) VALUES (%s, %s::jsonb, %s)",
            [row["ticket_id"], orjson.dumps(raw).decode(), row.get("absent_since")],
        )


def done(key: str, closed_at: str = "2026-11-19 10:00:00", **cells: str) -> dict[str, str]:
    """Make one closed ticket."""
    return ticket(key, raw_status="Closed", normalized_status="closed", closed_at=closed_at, **cells)


def dashboard(db: Database, **arguments: Any) -> dict[str, Any]:
    """Ask for the dashboard's document."""
    return call(db, "reporting.fn_inc_dashboard", arguments)


def on_map(db: Database, **arguments: Any) -> dict[str, Any]:
    """Ask for the map's document."""
    return call(db, "reporting.fn_tickets_for_map", arguments)


def call(db: Database, function: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Call a function with named arguments."""
    named = ", ".join(f"{name} => %s" for name in arguments)
    found: dict[str, Any] = db.one(f"SELECT {function}({named})", list(arguments.values()))
    return found


def keys(collection: Mapping[str, Any]) -> list[str]:
    """Name the tickets of a FeatureCollection, in its order."""
    return [feature["properties"]["ticket_id"] for feature in collection["features"]]


def capture(db: Database, as_of: str | None = None) -> None:
    """Capture INC's history, now or as of a time."""
    db.execute("SELECT tickets.capture_history('inc', coalesce(%s::timestamptz, now()))", [as_of])


def closures(bench: Bench) -> list[tuple[str, str | None]]:
    """List closure events: the ticket, and when it was closed in East Africa."""
    found = bench.db.all("SELECT ticket_id, closed_at FROM tickets.closure_events ORDER BY event_id")
    return [(key, at and (at + timedelta(hours=3)).astimezone(UTC).strftime("%d %H:%M")) for key, at in found]


def flow(bench: Bench, day: date = DAY) -> dict[str, tuple[int, int, int]]:
    """Give what was observed on a day, by cluster: created, closed, reopened."""
    found = bench.db.all(f"SELECT cluster, {_FLOW} FROM tickets.inc_daily_snapshot WHERE snapshot_date = %s", [day])
    return {cluster: (created, closed, reopened) for cluster, created, closed, reopened in found}


def backlog(bench: Bench, day: date | None = None) -> dict[str, tuple[int | None, ...]]:
    """Give a day's backlog by cluster: total, actionable, overdue. No day is the last one that was captured."""
    names = "open_total, open_actionable, open_overdue FROM tickets.inc_daily_snapshot"
    last = "(SELECT max(snapshot_date) FROM tickets.inc_daily_snapshot WHERE open_total IS NOT NULL)"
    found = bench.db.all(f"SELECT cluster, {names} WHERE snapshot_date = coalesce(%s, {last})", [day])
    return {row[0]: row[1:] for row in found}
