"""Plans that are saved at the same time: none is lost, and the last one counts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from fleetfeed.database import Database, connect
from tests.kit import Bench, ticket

SAVE = "SELECT tickets.save_plan('inc', %s::json)"


def save(url: str, unit: str) -> int:
    plan = {"assignments": [{"unit": unit, "ticket_id": "T1", "stop": 1}]}
    with connect(url, unit) as db:
        return int(db.one(SAVE, [json.dumps(plan)]))


@pytest.fixture
def loaded(bench: Bench) -> Database:
    bench.loaded([ticket("T1")])
    return bench.db


def test_of_plans_saved_at_once_the_last_one_counts(loaded: Database, url: str) -> None:
    units = [f"van-{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda unit: save(url, unit), units))
    assert len(set(numbers)) == 8
    last = units[numbers.index(max(numbers))]
    assert loaded.one("SELECT reporting.fn_inc_dispatch() -> 'kept'") == [[last, "T1"]]


def test_the_newest_hundred_stay(loaded: Database, url: str) -> None:
    loaded.execute("INSERT INTO tickets.dispatch_plans (feed, plan) SELECT 'inc', '{}' FROM generate_series(1, 120)")
    number = save(url, "van-1")
    kept = loaded.all("SELECT plan_id FROM tickets.dispatch_plans WHERE feed = 'inc' ORDER BY 1 DESC")
    assert (len(kept), kept[0]) == (100, (number,))
