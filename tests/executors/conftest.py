"""A feed with seven loads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.executors.kit import Scene, history
from tests.kit import Bench
from tests.loaded import Loaded, has_loaded, to_copy
from tests.servers import Server


@pytest.fixture(scope="session")
def seven_loads(postgres: Server, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with has_loaded(postgres, migrated, tmp_path_factory.mktemp("history"), history(7)) as made:
        yield made


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated: str) -> str:
    return to_copy(request, "seven_loads", "scene", migrated)


@pytest.fixture
def scene(seven_loads: Loaded, bench: Bench) -> Scene:
    seven_loads.give_exports(bench)
    return Scene(bench)
