"""The dashboard's numbers against those of a small model in Python, on random tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.database import Database
from tests.database.schema.derived.kit import dashboard, keys
from tests.database.schema.derived.model import EAT, Asked, Case, Event, Snapshots, expected
from tests.database.schema.derived.payloads import DASHBOARD, wrong

CLUSTERS = st.sampled_from([None, "Kilimani", "'; DROP TABLE tickets.inc; --", 'Q"OA 🚒', "x" * 10_000])
WINDOWS = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
_EDGES = [0, 1, 120, 240, 1440, 2160, 2880, 4320, 10080, 43200]
# Minutes before now: around the edges of ages, targets and windows, anywhere in four months, and in the future.
MINUTES = st.sampled_from(_EDGES) | st.integers(-600, 180_000)


def moments() -> st.SearchStrategy[float | None]:
    """Make times by their minutes before now; some seconds off, so that no test stands on an edge of a moving now."""
    return st.none() | MINUTES.map(lambda minutes: minutes + 0.5)


CASES: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    status=st.sampled_from([None, "open", "pending", "closed", "closed", "cancelled", "strange"]),
    cluster=CLUSTERS,
    team=st.sampled_from([None, "Field A", "NOC"]),
    bucket=st.sampled_from([None, "fibre", "cut"]),
    actionable=st.sampled_from([None, True, False]),
    mttr=st.sampled_from([None, -5, 0, 90, 91, 3000]),
    created=moments(),
    first_seen=moments(),
    closed=moments(),
    place=st.sampled_from([None, (-1.2921, 36.7856), (-4.0435, 39.6682)]),
    absent=st.booleans(),
)
SNAPSHOTS = st.dictionaries(
    st.tuples(st.integers(0, 95), st.sampled_from(["Kilimani", "(none)", "x" * 200])),
    st.tuples(st.none() | st.integers(0, 50), st.integers(0, 5)),
    max_size=4,
)


def write(db: Database, cases: Sequence[Case], snapshots: Snapshots, as_of: datetime | None) -> None:
    """Fill the tables with what the model knows of tickets, days and the last load."""
    fill(
        db,
        "INSERT INTO tickets.inc (ticket_id, raw, absent_since) SELECT key, raw, CASE WHEN absent THEN now() END "
        "FROM jsonb_to_recordset(%s::jsonb) AS r (key text, raw jsonb, absent boolean)",
        [{"key": case.key, "absent": case.absent, "raw": cells(case)} for case in cases],
    )
    fill(
        db,
        "INSERT INTO tickets.inc_daily_snapshot (snapshot_date, cluster, open_total, observed_reopened) "
        "SELECT * FROM jsonb_to_recordset(%s::jsonb) AS r (day date, cluster text, total int, reopened int)",
        [
            {"day": day, "cluster": cluster, "total": total, "reopened": reopened}
            for (day, cluster), (total, reopened) in snapshots.items()
        ],
    )
    meta = {"source_newest": as_of.isoformat()} if as_of else {}
    db.execute(
        "INSERT INTO tickets.import_meta (feed, metadata) VALUES ('inc', %s::jsonb)", [orjson.dumps(meta).decode()]
    )


def write_events(db: Database, events: Sequence[Event]) -> None:
    """Enter closures, what the tickets' teams were before, and another team after each; and attribute them."""
    observed: datetime = db.one("SELECT now()")
    fill(
        db,
        "INSERT INTO tickets.closure_events (feed, ticket_id, closed_at, observed_at, cluster, assigned_team) "
        "SELECT 'inc', key, closed, at, cluster, team FROM jsonb_to_recordset(%s::jsonb) "
        "AS r (key text, closed timestamptz, at timestamptz, cluster text, team text)",
        [{"key": e.key, "closed": e.closed, "at": observed, "cluster": e.cluster, "team": e.team} for e in events],
    )
    fill(
        db,
        "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed) "
        "SELECT 'inc', key, 1, at, 'updated', jsonb_build_object('assigned_team', jsonb_build_array(team, NULL)) "
        "FROM jsonb_to_recordset(%s::jsonb) AS r (key text, at timestamptz, team text)",
        [
            {"key": event.key, "at": observed + timedelta(hours=later), "team": team}
            for event in events
            for later, team in [*((0, team) for team in event.before), (1, "Later")]
        ],
    )
    db.execute("SELECT tickets.inc_attribute_past(true)")


def fill(db: Database, sql: str, rows: list[dict[str, Any]]) -> None:
    db.execute(sql, [orjson.dumps(rows).decode()])


def cells(case: Case) -> dict[str, str]:
    """Write a ticket's cells as an export does; an empty one is left out."""
    found = {
        "normalized_status": case.status,
        "cluster": case.cluster,
        "assigned_team": case.team,
        "bucket": case.bucket,
        "is_actionable": None if case.actionable is None else str(case.actionable),
        "mttr": None if case.mttr is None else str(case.mttr),
        "created_at_service": text(case.created),
        "first_seen_at": text(case.first_seen),
        "closed_at": text(case.closed),
        "latitude": case.place and str(case.place[0]),
        "longitude": case.place and str(case.place[1]),
    }
    return {name: cell for name, cell in found.items() if cell is not None}


def text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(EAT).strftime("%Y-%m-%d %H:%M:%S.%f")


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    """Take what the model says, too; lists whose ties it does not order are ordered by name."""
    metrics = dict(document["metrics"])
    metrics["by_cluster"] = sorted(metrics["by_cluster"], key=lambda row: str(row["cluster"]))
    metrics["by_team"] = sorted(metrics["by_team"], key=lambda row: str(row["team"]))
    open_, closed = (found if isinstance(found := document[name], list) else keys(found) for name in ("open", "closed"))
    return {"open": open_, "closed": closed, "counts": document["counts"], "metrics": metrics}


def same(one: Any, other: Any) -> bool:
    """Compare two documents; numbers to their sixth decimal."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and abs(one - other) < 2e-6
    return bool(one == other)


TEAMS = st.sampled_from([None, "Field A", "NOC"])
# Closures by the number of their ticket, of which there may be none any more; a ticket has one a time.
EVENTS = st.lists(
    st.tuples(st.integers(0, 12), moments(), st.tuples(CLUSTERS, TEAMS, st.lists(TEAMS, max_size=2).map(tuple))),
    max_size=15,
    unique_by=lambda event: event[:1],
)


@given(
    drawn=st.lists(CASES, max_size=16),
    drawn_events=EVENTS,
    snapshots=SNAPSHOTS,
    window=st.sampled_from([*WINDOWS, "custom"]),
    custom=st.tuples(MINUTES, st.integers(1, 50_000)),
    cluster=CLUSTERS | st.just("(none)"),
    status=st.sampled_from([None, None, "open", "closed"]),
    lag=moments(),
)
def test_the_numbers_are_those_of_the_model(
    db: Database,
    drawn: list[dict[str, Any]],
    drawn_events: list[tuple[int, float | None, tuple[str | None, str | None, tuple[str | None, ...]]]],
    snapshots: dict[tuple[int, str], tuple[int | None, int]],
    window: str,
    custom: tuple[int, int],
    cluster: str | None,
    status: str | None,
    lag: float | None,
) -> None:
    with db.transaction(keep=False):
        now: datetime = db.one("SELECT now()")

        def at(minutes: float | None) -> datetime | None:
            return None if minutes is None else now - timedelta(minutes=minutes)

        times = ("created", "first_seen", "closed")
        cases = [Case(key=f"T{n}", **(row | {name: at(row[name]) for name in times})) for n, row in enumerate(drawn)]
        events = [Event(f"T{n}", at(closed), *more) for n, closed, more in drawn_events]
        asked = asking(now, window, custom, Asked(now, now, now, cluster, status, at(lag)))
        today = now.astimezone(EAT).date()
        days = {(today - timedelta(days=ago), name): value for (ago, name), value in snapshots.items()}
        write(db, cases, days, asked.as_of)
        write_events(db, events)
        more = {"p_from": asked.since, "p_to": asked.until} if window == "custom" else {}
        found = dashboard(db, p_cluster=cluster, p_status=status, p_window=window, **more)

    assert wrong(DASHBOARD, found) == []
    assert datetime.fromisoformat(found["generated_at"]) == now
    reported_window = [datetime.fromisoformat(found["filters"][name]) for name in ("from", "to")]
    assert reported_window == [asked.since, asked.until]
    wanted = comparable(expected(cases, events, asked, days))
    reported = comparable(found)
    assert same(reported, wanted), [
        (reported[name], wanted[name]) for name in wanted if not same(reported[name], wanted[name])
    ]


def asking(now: datetime, window: str, custom: tuple[int, int], asked: Asked) -> Asked:
    """Give what is asked for its window."""
    if window != "custom":
        return replace(asked, since=now - timedelta(days=WINDOWS[window]))
    until = now - timedelta(minutes=custom[0])
    return replace(asked, since=until - timedelta(minutes=custom[1]), until=until)
