"""Whether repairs lasted: known of those that are at least 30 days old, so not of those of a short window itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleetfeed.database import Database
from tests.database.schema.derived.kit import call, done
from tests.kit import Bench, ticket

_MOVED = """
WITH moved AS (
    UPDATE tickets.closure_events SET closed_at = now() - %(age)s * interval '1 day'
    WHERE ticket_id = %(key)s RETURNING event_id, closed_at
)
UPDATE tickets.closure_teams AS a SET reopened_at = m.closed_at + %(until)s * interval '1 day'
FROM moved AS m WHERE a.event_id = m.event_id
"""


@dataclass(frozen=True)
class Repair:
    """A repair: how many days ago, and after how many it was reopened."""

    age: float
    until: float | None = None


REPAIRS = (
    *(Repair(0.5), Repair(0.6, 0.2), Repair(5), Repair(20, 3), Repair(29.5, 20)),  # too young to say
    *(Repair(30.5), Repair(30.6, 4), Repair(33), Repair(36, 32), Repair(36.5)),
    *(Repair(50, 29), Repair(59), Repair(70), Repair(95, 10), Repair(119), Repair(121)),
)


def meant(days: float) -> dict[str, Any]:
    """Say what is meant of a window that ends now."""
    judged = [one for one in REPAIRS if 30 < one.age < 30 + days]
    no = sum(one.until is not None and one.until < 30 for one in judged)
    share = round(100 * (len(judged) - no) / len(judged), 6) if len(judged) >= 5 else None
    pending = sum(one.age < min(days, 30) for one in REPAIRS)
    return {"yes": len(judged) - no, "no": no, "pending": pending, "pct": share}


@pytest.fixture
def repaired(bench: Bench) -> Database:
    keys = {f"T{number}": one for number, one in enumerate(REPAIRS)}
    bench.loaded([ticket(key) for key in keys])
    bench.loaded([done(key) for key in keys])
    for key, one in keys.items():
        bench.db.execute(_MOVED, {"key": key, "age": one.age, "until": one.until})
    return bench.db


def lasted(db: Database, **window: Any) -> dict[str, Any]:
    (team,) = call(db, "reporting.fn_inc_teams", window)["teams"]
    found: dict[str, Any] = team["lasted"]
    return found


@pytest.mark.parametrize(("window", "days"), [("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90)])
def test_a_window_that_ends_now_is_judged_30_days_earlier(repaired: Database, window: str, days: int) -> None:
    assert lasted(repaired, p_window=window) == meant(days)
    assert meant(7) == {"yes": 4, "no": 1, "pending": 3, "pct": 80}


def test_an_old_window_is_judged_itself(repaired: Database) -> None:
    now = datetime.now(UTC)
    old = {"p_window": "custom", "p_from": now - timedelta(days=100), "p_to": now - timedelta(days=40)}
    assert lasted(repaired, **old) == {"yes": 2, "no": 2, "pending": 0, "pct": None}


def test_a_team_that_only_repaired_earlier_is_listed(bench: Bench) -> None:
    bench.loaded([done("T1"), ticket("T2", assigned_team="")])
    bench.db.execute(_MOVED, {"key": "T1", "age": 33, "until": None})
    document = call(bench.db, "reporting.fn_inc_teams", {"p_window": "7d"})

    assert document["totals"]["closed"] == 0
    assert [(row["team"], row["closed"]["n"], row["lasted"]["yes"]) for row in document["teams"]] == [("Field A", 0, 1)]
