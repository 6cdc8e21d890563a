"""How the dashboard and the map of the past find their tickets, as EXPLAIN shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from tests.database.schema.derived.kit import TERMS
from tests.kit import FEED, MIGRATIONS

_YEAR = """
INSERT INTO tickets.inc (ticket_id, raw, absent_since)
SELECT 'T' || n, jsonb_strip_nulls(jsonb_build_object(
    'normalized_status', CASE WHEN n % 100 < 2 THEN 'open' ELSE 'closed' END, 'cluster', 'Cluster ' || n % 20,
    'created_at_service', to_char(b, 'YYYY-MM-DD HH24:MI:SS'), 'assigned_team', 'Field ' || n % 5,
    'closed_at', CASE WHEN n % 100 >= 2 THEN to_char(b + n % 3000 * interval '1 min', 'YYYY-MM-DD HH24:MI:SS') END)),
    CASE WHEN n % 100 = 0 THEN now() END
FROM (SELECT n, now() - n * interval '365 days' / 20000 AS b FROM generate_series(1, 20000) AS n) AS s
"""

_SCAN = re.compile(
    r"(Seq Scan|Index (?:Only )?Scan(?: Backward)? using \S+) on inc\b|Bitmap Index Scan on (inc_(?!daily)\w+)"
)


@pytest.fixture(scope="module")
def year(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    """Give a database with a year of 20,000 tickets, 200 of them open and 200 absent."""
    with connect(new_database(migrated), "test") as db:
        migrate(db, MIGRATIONS, [FEED], terms=TERMS)
        db.execute(_YEAR)
        db.execute("SELECT tickets.capture_history()")
        db.execute("VACUUM ANALYZE tickets.inc, tickets.closure_events, tickets.closure_teams")
        yield db


@contextmanager
def explained(db: Database) -> Iterator[list[str]]:
    """Collect the plans of every statement, those inside functions too."""
    plans: list[str] = []
    db.execute(
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on"
    )
    db.connection.add_notice_handler(lambda notice: plans.append(notice.message_primary or ""))
    db.execute("SET client_min_messages = log")
    try:
        yield plans
    finally:
        db.execute("RESET client_min_messages; SET auto_explain.log_min_duration = -1")


def scans(plans: list[str]) -> list[str]:
    """List how the tickets are read."""
    return [direct.split(" using ")[-1] or indirect for direct, indirect in _SCAN.findall("\n".join(plans))]


@pytest.mark.parametrize(
    "arguments",
    ["", "p_cluster => 'Cluster 7'", "p_window => '24h'", "p_status => 'open', p_window => '30d'"],
)
def test_the_dashboard_reads_open_set_and_window_through_indexes(year: Database, arguments: str) -> None:
    with explained(year) as plans:
        for _ in range(7):  # after five calls the server may prefer a plan for any arguments
            year.execute(f"SELECT reporting.fn_inc_dashboard({arguments})")
    used = scans(plans)

    assert len(used) >= 7 * 5
    assert set(used) == {
        "inc_open",
        "inc_closed",
        "inc_closed_long",
        "inc_created",
        "inc_pkey",
    }  # the last: tickets that reopened
    for way in (
        "Index Only Scan using inc_closed on",
        "Index Scan Backward using inc_closed on",
        "closure_events_closed",
    ):
        assert sum(way in plan for plan in plans) == 7, way


def test_a_capture_reads_only_the_backlog_index_and_changed_tickets(year: Database) -> None:
    with explained(year) as plans:
        year.execute("SELECT tickets.capture_history()")

    assert set(scans(plans)) == {"inc_open"}


def test_the_planner_knows_how_few_tickets_are_open(year: Database) -> None:
    (plan,) = year.all("EXPLAIN (FORMAT json) SELECT ticket_id FROM tickets.inc_open_sla")

    assert 100 < plan[0][0]["Plan"]["Plan Rows"] < 1000


def test_a_change_of_bookkeeping_alone_is_a_hot_update(year: Database) -> None:
    with year.transaction(keep=False):
        sql = """UPDATE tickets.inc SET raw = raw || '{"last_seen_at": "2026-11-20 10:00:00"}', run_id = 7"""
        scattered = [f"T{n}" for n in range(1, 20_000, 400)]  # each has room on its page
        touched = year.execute(f"{sql} WHERE ticket_id = ANY(%s)", [scattered]).rowcount
        hot = year.one("SELECT n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relid = 'tickets.inc'::regclass")

    assert (touched, hot) == (50, 50)


_TWO_LOADS = """
WITH runs AS (
    INSERT INTO tickets.import_runs (feed, outcome, started_at, finished_at, host, version, counts)
    SELECT 'inc', 'loaded', at, at, 'test', '0', '{}' FROM (VALUES (now() - interval '1 hour'), (now())) AS t (at)
    RETURNING run_id
), changes AS (
    INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed)
    SELECT 'inc', 'T' || n, run_id, now(), 'updated', '{"assigned_team": ["Field 9", "Field 1"]}'
    FROM runs, generate_series(1, 500) AS n ORDER BY run_id
)
SELECT min(run_id) FROM runs
"""


def test_the_map_of_the_past_hashes_before_its_tables_are_analyzed(
    new_database: Callable[[str | None], str], migrated: str
) -> None:
    with connect(new_database(migrated), "test") as db:
        migrate(db, MIGRATIONS, [FEED], terms=TERMS)
        db.execute(_YEAR)
        first = db.one(_TWO_LOADS)
        for analyzed in (False, True):
            if analyzed:
                db.execute("VACUUM ANALYZE")
            with explained(db) as plans:
                db.one("SELECT reporting.fn_tickets_for_map_at(NULL, p_run => %s)", [first])
            found = "\n".join(plans)
            assert "Hash Anti Join" in found
            assert "Nested Loop Anti Join" not in found
            assert not analyzed or "inc_open" in found


_CHANGES = """
INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed)
SELECT 'inc', 'T' || n, %s + n / 1000, now(), 'updated',
    jsonb_build_object('owner', ARRAY[repeat('x', %s * n %% 90), 'y'])
FROM generate_series(1, %s) AS n
"""


def test_the_changes_of_a_run_are_found_wherever_vacuum_made_room(year: Database) -> None:
    year.execute(_CHANGES, [1, 7, 20_000])
    year.execute("VACUUM ANALYZE tickets.ticket_changes")
    year.execute(_CHANGES, [100, 0, 200])  # smaller ones, which fit between the others
    asked = "SELECT ticket_id FROM tickets.ticket_changes WHERE run_id = 100"
    plan = str(year.all(f"EXPLAIN (ANALYZE, COSTS off, TIMING off) {asked}"))

    assert "ticket_changes_run" in plan
    assert "rows=200" in plan
    assert "Removed" not in plan
