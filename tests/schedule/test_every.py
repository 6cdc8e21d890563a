"""Regular intervals come due once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.schedule.every import Every

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)


@given(seconds=st.integers(1, 100_000), steps=st.lists(st.integers(0, 5_000), max_size=30))
def test_looks_in_turn_find_each_due_interval_once(seconds: int, steps: list[int]) -> None:
    every, now, found = Every(timedelta(seconds=seconds)), MIDNIGHT, 0
    for step in steps:
        later = now + timedelta(seconds=step)
        found += every.came_due(now, later)
        now = later
    passed = int(now.timestamp()) // seconds - int(MIDNIGHT.timestamp()) // seconds
    assert min(passed, 1) <= found <= passed


def test_two_minutes_come_due_at_even_minutes() -> None:
    every = Every(timedelta(minutes=2))
    assert every.came_due(MIDNIGHT + timedelta(seconds=119), MIDNIGHT + timedelta(seconds=120))
    assert not every.came_due(MIDNIGHT, MIDNIGHT + timedelta(seconds=119))
    assert not every.came_due(MIDNIGHT, MIDNIGHT - timedelta(hours=1))  # the clock was set back
