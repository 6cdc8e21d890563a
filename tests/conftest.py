"""A real PostGIS for every test that asks for one, and a project's worth of parts to run the engine with."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.text import redact
from tests import servers
from tests.kit import FEED, MIGRATIONS, Bench
from tests.servers import Server

# Examples that talk to a database or start programs have no business with a deadline on a shared machine.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.register_profile("soak", settings.get_profile("default"), max_examples=2_000)
settings.load_profile("default")

# Programs that tests start are the same ones again and again: without bytecode each would compile all of it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def forget_secrets() -> Iterator[None]:
    """Forget the secrets that a test remembers: they would be masked in the messages of the next ones."""
    before = set(redact._remembered)
    yield
    redact._remembered.clear()
    redact._remembered.update(before)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Give TEST_DATABASE_URL's server, or one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    with nullcontext(given) if given else _own_server() as url, psycopg.connect(url, autocommit=True) as connection:
        yield Server(url, connection)


@contextmanager
def _own_server() -> Iterator[str]:
    with servers.postgres() as own:
        yield own.url("postgres")


@pytest.fixture(scope="session")
def new_database(postgres: Server) -> Iterator[Callable[[str | None], str]]:
    """Make databases that stay until the end, each empty or a copy of a template."""
    with ExitStack() as made:
        yield lambda template: made.enter_context(postgres.database(template))


@pytest.fixture(scope="session")
def migrated(new_database: Callable[[str | None], str]) -> str:
    """Name a template database in which `migrate` has run for INC."""
    url = new_database(None)
    with connect(url, "template") as db:
        migrate(db, MIGRATIONS, [FEED])
        # It is copied a thousand times: without the systems that nobody uses it is half as large.
        db.execute(f"DELETE FROM {db.postgis}.spatial_ref_sys WHERE srid <> 4326")
        db.execute("VACUUM FULL")
        return str(db.connection.info.dbname)


@pytest.fixture
def empty_url(postgres: Server) -> Iterator[str]:
    """Give a database in which nothing has run."""
    with postgres.database(None) as url:
        yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    """Give a connection to a database in which nothing has run."""
    with connect(empty_url, "test") as database:
        yield database


@pytest.fixture
def template(migrated: str) -> str:
    """Name the database of which each test gets a copy."""
    return migrated


@pytest.fixture
def url(postgres: Server, template: str) -> Iterator[str]:
    """Give a fresh, migrated database: to copy and drop one takes less time than to empty its tables."""
    with postgres.database(template) as url:
        yield url


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """Give a connection to a fresh, migrated database."""
    with connect(url, "test") as database:
        yield database


@pytest.fixture
def bench(db: Database, tmp_path: Path) -> Bench:
    """Give an inbox, an archive and a database, to run the engine with."""
    return Bench(db, tmp_path)


def pytest_unconfigure() -> None:
    """Give back what tests/cli/site.py has frozen: DuckDB counts at the end what is left of it."""
    gc.unfreeze()
