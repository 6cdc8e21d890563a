"""Units in a database."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fleetfeed.database import Database

Take = Callable[..., list[str]]


def fix(unit: str = "van-1", **members: Any) -> dict[str, Any]:
    """Make one position, at eight o'clock; `members` say what is different."""
    return {"unit": unit, "latitude": -1.29, "longitude": 36.8, "at": "2026-11-20T08:00:00+03:00"} | members


@pytest.fixture
def units(db: Database) -> Database:
    """Give a database with three units: one with a home, one without, and one off duty."""
    db.execute(
        "INSERT INTO tickets.units (unit, home_latitude, home_longitude, on_duty) "
        "VALUES ('van-1', -1.30, 36.82, true), ('van-2', NULL, NULL, true), ('van-3', -1.31, 36.83, false)"
    )
    return db


@pytest.fixture
def take(units: Database) -> Take:
    """Store positions; return what became of each."""

    def call(*fixes: dict[str, Any]) -> list[str]:
        found = units.all("SELECT outcome FROM tickets.take_positions(%s::jsonb, 'test')", [json.dumps(fixes)])
        return [outcome for (outcome,) in found]

    return call
