"""A feed with four loads, in which tickets are new, change, close, vanish and return."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit import Bench
from tests.loaded import Loaded, loaded
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
    with loaded(postgres, migrated, tmp_path_factory.mktemp("past"), EXPORTS) as made:
        yield made


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated: str) -> str:
    if "past" not in request.fixturenames:
        return migrated
    made: Loaded = request.getfixturevalue("four_loads")
    return made.database


@pytest.fixture
def past(four_loads: Loaded, bench: Bench) -> Past:
    four_loads.give_exports(bench)
    return Past(bench)
