"""One database for most tests of a folder, emptied before each; those that change its schema get one of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fleetfeed.database import Database, connect

_FILLED = """
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
WHERE schemaname = 'tickets' AND tablename NOT IN ('schema_version', 'feed_schemas')
"""


@pytest.fixture(scope="session")
def shared_url(new_database: Callable[[str | None], str], migrated: str) -> str:
    """Name the database that the tests share."""
    return new_database(migrated)


@pytest.fixture
def url(shared_url: str) -> str:
    """Give the shared database, migrated and empty."""
    with connect(shared_url, "clean") as db:
        db.execute(f"TRUNCATE {db.one(_FILLED)} RESTART IDENTITY CASCADE")
    return shared_url


@pytest.fixture
def own_url(new_database: Callable[[str | None], str], migrated: str) -> str:
    """Give a migrated database whose schema may be changed."""
    return new_database(migrated)


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    """Give a database in which nothing has run."""
    with connect(empty_url, "test") as db:
        yield db
