"""A scene of tickets for the tests of geocoding: one database, emptied before each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.text import redact
from tests.geocoding.kit import KEY, Scene

TABLES = "inc, ticket_changes, import_meta, import_runs, exports, rejects, geo_clusters, geo_locations, geo_budgets"


@pytest.fixture(scope="module")
def shared_url(new_database: Callable[[str | None], str], migrated: str) -> str:
    return new_database(migrated)


@pytest.fixture(scope="module")
def shared(shared_url: str) -> Iterator[Database]:
    with connect(shared_url, "geocoding tests") as db:
        yield db


@pytest.fixture
def scene(shared: Database, shared_url: str, tmp_path: Path) -> Scene:
    shared.execute("TRUNCATE " + ", ".join(f"tickets.{name.strip()}" for name in TABLES.split(",")))
    return Scene(shared, shared_url, tmp_path)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the key remembered as a secret, as load_settings() does, and forgotten afterwards."""
    monkeypatch.setattr(redact, "_remembered", set())
    redact.remember(KEY)
    return KEY
