"""Names and types that other programs read: exactly those of the contract."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database

_TIME = "timestamp with time zone"
_COLUMNS = """
SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
TABLES: dict[str, dict[str, str]] = {
    "closure_events": {
        "event_id": "bigint",
        **dict.fromkeys(("feed", "ticket_id"), "text"),
        **dict.fromkeys(("closed_at", "observed_at"), _TIME),
        "run_id": "bigint",
        **dict.fromkeys(("cluster", "region", "assigned_team", "owner"), "text"),
        "mttr": "integer",
        **dict.fromkeys(("sla_status", "raw_status"), "text"),
    },
    "closure_teams": {
        "event_id": "bigint",
        "feed": "text",
        "episode": "integer",
        **dict.fromkeys(("closing_team", "basis", "working_team"), "text"),
        **dict.fromkeys(("stretch_minutes", "handovers"), "integer"),
        "teams": "text[]",
        "kind": "text",
        "reopened_at": _TIME,
        **dict.fromkeys(("reopened_run", "corrected_from"), "bigint"),
        "stands": "boolean",
        "computed_at": _TIME,
    },
    "inc_daily_snapshot": {
        "snapshot_date": "date",
        "cluster": "text",
        **dict.fromkeys(("open_total", "open_actionable", "open_overdue"), "integer"),
        **dict.fromkeys(("observed_created", "observed_closed", "observed_reopened"), "integer"),
        "captured_at": _TIME,
    },
}
FUNCTIONS = {
    "reporting.fn_inc_dashboard": (
        "p_cluster text DEFAULT NULL::text, p_status text DEFAULT NULL::text, p_window text DEFAULT '7d'::text, "
        f"p_from {_TIME} DEFAULT NULL::{_TIME}, p_to {_TIME} DEFAULT NULL::{_TIME}",
        "json",
        "s",
    ),
    "reporting.fn_inc_teams": (
        "p_cluster text DEFAULT NULL::text, p_window text DEFAULT '7d'::text, "
        f"p_from {_TIME} DEFAULT NULL::{_TIME}, p_to {_TIME} DEFAULT NULL::{_TIME}",
        "json",
        "s",
    ),
    # Without a feed it is the first of the project, which the database knows better than a default could.
    "reporting.fn_tickets_for_map": (
        "p_feed text DEFAULT NULL::text, p_cluster text DEFAULT NULL::text, p_status text DEFAULT NULL::text, "
        "p_limit integer DEFAULT 5000",
        "json",
        "s",
    ),
    "tickets.capture_history(text, timestamptz)": (f"feed text, as_of {_TIME} DEFAULT now()", "void", "v"),
    "tickets.capture_history()": ("", "void", "v"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_exactly_the_columns_and_types_of_the_contract(db: Database, name: str) -> None:
    assert dict(db.all(_COLUMNS, [f"tickets.{name}"])) == TABLES[name]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_exactly_the_arguments_and_the_type_of_the_contract(db: Database, name: str) -> None:
    found = "to_regprocedure(%s)" if "(" in name else "to_regproc(%s)"  # null where two would answer to the name
    sql = f"SELECT pg_get_function_arguments({found}), pg_get_function_result({found}), provolatile::text"

    assert db.all(f"{sql} FROM pg_proc WHERE oid = {found}", [name] * 3) == [FUNCTIONS[name]]


def test_the_view_has_the_columns_of_the_contract(db: Database) -> None:
    found = dict(db.all(_COLUMNS, ["tickets.inc_open_sla"]))
    wanted = {
        "ticket_id": "text",
        "age_minutes": "integer",
        "age_from": "text",
        "target_minutes": "integer",
        "elapsed_pct": "double precision",
        "sla_state": "text",
        "sla_basis": "text",
    }

    assert {name: found.get(name) for name in wanted} == wanted
    assert not found.keys() & {"raw", "source_digest", "location_key", "run_id"}


def test_a_closure_is_unique_by_feed_ticket_and_time_where_none_is_a_value(db: Database) -> None:
    (index,) = db.one("SELECT array_agg(indexdef) FROM pg_indexes WHERE indexname = 'closure_events_once'")

    assert "UNIQUE INDEX" in index
    assert "(feed, ticket_id, COALESCE(closed_at, '-infinity'::timestamp with time zone))" in index


def test_a_snapshot_is_one_per_day_and_cluster(db: Database) -> None:
    found = db.one(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = 'tickets.inc_daily_snapshot'::regclass AND contype = 'p'"
    )

    assert found == "PRIMARY KEY (snapshot_date, cluster)"
