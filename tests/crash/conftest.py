"""A PostgreSQL that may be stopped at any time, a store, and a stage on both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleetfeed.database.embedded.server import EmbeddedServer
from tests.crash.scene import Store
from tests.crash.stage import Stage
from tests.servers import postgres, rclone_s3


@pytest.fixture(scope="session")
def stopping_server() -> Iterator[EmbeddedServer]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def stage(stopping_server: EmbeddedServer, crash_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(stopping_server, crash_store, tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="session")
def crash_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    with rclone_s3(folder) as endpoint:
        yield Store(endpoint, folder)
