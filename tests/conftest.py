"""A real PostGIS for every test that asks for one, and a project's worth of parts to run the engine with."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from fleetfeed.database import Database, connect
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema.migrate import migrate
from tests.kit import FEED, MIGRATIONS, Bench

# Examples that talk to a database or start programs have no business with a deadline on a shared machine.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.register_profile("soak", settings.get_profile("default"), max_examples=2_000)
settings.load_profile("default")

_numbers = count(1)
_COPY = " STRATEGY FILE_COPY"  # three times as fast where no checkpoint has to reach the disk


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[str | None], str]]:
    """Make databases, each empty or a copy of a template, in TEST_DATABASE_URL's server or one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        made: list[str] = []
        yield lambda template: _created(given, made, template)
        for name in reversed(made):
            _execute(given, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        return
    with throwaway_server() as server:
        yield lambda template: _created(server.url("postgres"), [], template, strategy=_COPY)


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
def empty_url(new_database: Callable[[str | None], str]) -> str:
    """Give a database in which nothing has run."""
    return new_database(None)


@pytest.fixture
def url(new_database: Callable[[str | None], str], migrated: str) -> str:
    """Give a fresh, migrated database."""
    return new_database(migrated)


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """Give a connection to a fresh, migrated database."""
    with connect(url, "test") as database:
        yield database


@pytest.fixture
def bench(db: Database, tmp_path: Path) -> Bench:
    """Give an inbox, an archive and a database, to run the engine with."""
    return Bench(db, tmp_path)


def _created(admin: str, made: list[str], template: str | None, strategy: LiteralString = "") -> str:
    name = f"fleetfeed_test_{os.getpid()}_{next(_numbers)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(admin, autocommit=True) as connection:
        before = connection.info.dbname
        faster = sql.SQL(strategy if connection.info.server_version >= 150000 else "")
        connection.execute(create + faster)
    made.append(name)
    return admin.replace(f"/{before}", f"/{name}", 1) if f"/{before}" in admin else f"{admin} dbname={name}"


def _execute(admin: str, statement: sql.Composed) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(statement)


def pytest_unconfigure() -> None:
    """Give back what tests/cli/site.py has frozen: DuckDB counts at the end what is left of it."""
    gc.unfreeze()
