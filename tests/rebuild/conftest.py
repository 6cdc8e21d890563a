"""A feed with four loads, in which tickets are new, change, close, vanish and return."""

from __future__ import annotations

import pytest

from tests.kit import Bench
from tests.rebuild.kit import CLOSED, Past, load, tickets


@pytest.fixture
def past(bench: Bench) -> Past:
    load(
        bench,
        tickets("T1", "T2", "T3"),
        [*tickets("T1", **CLOSED), *tickets("T2")],
        [*tickets("T1", **CLOSED), *tickets("T2", owner="Amina"), *tickets("T3", "T4", "")],
        [*tickets("T1"), *tickets("T2", owner="Amina", last_seen_at="2026-11-20 09:00:00"), *tickets("T3", "T4")],
    )
    return Past(bench)
