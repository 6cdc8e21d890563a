"""One migrated database that knows SLA targets and hours; each test finds it empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import Terms
from tests.database.schema.derived.kit import TERMS
from tests.kit import FEED, MIGRATIONS, Bench

_FILLED = """
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = 'tickets'
AND tablename NOT IN ('schema_version', 'feed_schemas', 'feed_settings', 'sla_targets', 'team_settings')
"""


@pytest.fixture(scope="session")
def reading_url(new_database: Callable[[str | None], str], migrated: str) -> str:
    """Name the database that these tests share."""
    url = new_database(migrated)
    with connect(url, "migrate") as db:
        migrate(db, MIGRATIONS, [FEED], terms=TERMS)
    return url


@pytest.fixture
def url(reading_url: str) -> str:
    """Give the shared database, empty but for what fleetfeed.toml says."""
    with connect(reading_url, "clean") as db:
        db.execute(f"TRUNCATE {db.one(_FILLED)} RESTART IDENTITY CASCADE")
    return reading_url


@pytest.fixture
def own(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    """Give a migrated database whose objects may be changed."""
    with connect(new_database(migrated), "test") as db:
        yield db


@pytest.fixture
def own_bench(own: Database, tmp_path: Path) -> Bench:
    """Give a database of its own, to run the engine with."""
    return Bench(own, tmp_path)


@pytest.fixture
def reader(own: Database) -> Iterator[str]:
    """Make a role of this installation's own that may read."""
    own.execute('DROP ROLE IF EXISTS "The dashboard"')
    own.execute('CREATE ROLE "The dashboard"')
    migrate(own, MIGRATIONS, [FEED], terms=Terms(reader_roles=("The dashboard",)))
    yield "The dashboard"
    own.execute('DROP OWNED BY "The dashboard"; DROP ROLE "The dashboard"')
