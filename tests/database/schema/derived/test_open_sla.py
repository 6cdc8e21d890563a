"""The view of open tickets: which are in it, how old they are, and against which target."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fleetfeed.database import Database
from tests.database.schema.derived.kit import dashboard, done, on_map, put
from tests.kit import ticket

EAT = ZoneInfo("Africa/Nairobi")


def ago(db: Database, minutes: int, seconds: int = 0) -> str:
    """Write the time of so long ago as an export does."""
    now: datetime = db.one("SELECT now()")
    return (now - timedelta(minutes=minutes, seconds=seconds)).astimezone(EAT).strftime("%Y-%m-%d %H:%M:%S.%f")


def view(db: Database, columns: str) -> list[tuple[Any, ...]]:
    return db.all(f"SELECT {columns} FROM tickets.inc_open_sla ORDER BY ticket_id")


def test_open_means_neither_closed_nor_absent_in_every_document(db: Database) -> None:
    put(
        db,
        [
            ticket("open"),
            ticket("pending", normalized_status="pending"),
            ticket("strange", normalized_status="strange"),
            ticket("with a closing time", closed_at="2026-11-19 10:00"),
            ticket("nothing known") | {"normalized_status": None},
            done("closed"),
            ticket("cancelled", normalized_status="cancelled"),
            ticket("no status") | {"normalized_status": None, "closed_at": "2026-11-19 10:00"},
            ticket("absent") | {"absent_since": "2026-11-20"},
            done("closed and absent") | {"absent_since": "2026-11-20"},
        ],
    )
    wanted = ["nothing known", "open", "pending", "strange", "with a closing time"]
    page = dashboard(db)

    assert [key for (key,) in view(db, "ticket_id")] == wanted
    assert sorted(feature["properties"]["ticket_id"] for feature in page["open"]["features"]) == wanted
    assert (page["counts"]["open"], page["counts"]["open_absent"]) == (5, 1)
    assert (on_map(db)["summary"]["total"], on_map(db)["summary"]["open_absent"]) == (10, 1)
    assert on_map(db, p_status="closed")["summary"]["open_absent"] == 0
    aged = [f["properties"]["ticket_id"] for f in on_map(db)["features"] if f["properties"]["sla_state"]]
    assert sorted(aged) == wanted


@pytest.mark.parametrize(
    ("minutes", "state"),
    [
        (0, "ok"),
        (1440, "ok"),
        (1441, "warn"),
        (2160, "warn"),
        (2161, "urgent"),
        (2880, "urgent"),
        (2881, "overdue"),
        (-60, "ok"),
    ],
)
def test_the_state_changes_after_half_three_quarters_and_all_of_the_target(
    db: Database, minutes: int, state: str
) -> None:
    with db.transaction(keep=False):
        put(db, [ticket("T1", created_at_service=ago(db, minutes))])
        (row,) = view(db, "age_minutes, target_minutes, elapsed_pct, sla_state, sla_basis")

    age = max(0, minutes)
    assert row == (age, 2880, 100 * age / 2880, state, "open_age_24x7")


def test_a_minute_that_is_not_over_does_not_count(db: Database) -> None:
    with db.transaction(keep=False):
        put(db, [ticket("T1", created_at_service=ago(db, 2880, 59))])
        assert view(db, "age_minutes, sla_state") == [(2880, "urgent")]


def test_age_counts_from_creation_else_from_first_seen_else_unknown(db: Database) -> None:
    with db.transaction(keep=False):
        put(
            db,
            [
                ticket("T1", created_at_service=ago(db, 10), first_seen_at=ago(db, 5)),
                ticket("T2", created_at_service="30 February", first_seen_at=ago(db, 5)),
                ticket("T3", created_at_service="", first_seen_at=""),
            ],
        )
        found = view(db, "age_minutes, age_from, elapsed_pct IS NULL, sla_state")

    assert found == [
        (10, "created_at_service", False, "ok"),
        (5, "first_seen_at", False, "ok"),
        (None, None, True, "unknown"),
    ]


def test_a_kind_of_fault_may_have_a_target_of_its_own(db: Database) -> None:
    put(db, [ticket("T1", bucket="fibre"), ticket("T2", bucket="cut"), ticket("T3") | {"bucket": None}])

    assert [target for (target,) in view(db, "target_minutes")] == [240, 2880, 2880]


def test_without_any_target_every_state_is_unknown(own: Database) -> None:
    put(own, [ticket("T1")])

    assert view(own, "age_minutes > 0, target_minutes, elapsed_pct, sla_state") == [(True, None, None, "unknown")]
    assert dashboard(own)["metrics"]["sla"]["unknown"] == 1
