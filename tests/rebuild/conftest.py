"""A feed with four loads, in which tickets are new, change, close, vanish and return."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit import Bench
from tests.loaded import Loaded, has_loaded, to_copy
from tests.rebuild.kit import CLOSED, Past, tickets
from tests.servers import Server

EXPORTS = [
    tickets("T1", "T2", "T3"),
    [*tickets("T1", **CLOSED), *tickets("T2")],
    [*tickets("T1", **CLOSED), *tickets("T2", owner="Amina"), *tickets("T3", "T4", "")],
    [*tickets("T1"), *tickets("T2", owner="Amina", last_seen_at="2026-11-20 09:00:00"), *tickets("T3", "T4")],
]


@pytest.fixture(scope="session")
def four_loads(postgres: Server, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with has_loaded(postgres, migrated, tmp_path_factory.mktemp("past"), EXPORTS) as made:
        yield made


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated: str) -> str:
    return to_copy(request, "four_loads", "past", migrated)


@pytest.fixture
def past(four_loads: Loaded, bench: Bench) -> Past:
    four_loads.give_exports(bench)
    return Past(bench)
