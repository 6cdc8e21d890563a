"""Databases as the earlier program left them, each a copy of one with 1,000 tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.rights import GROUPS
from tests.kit import FEED, MIGRATIONS, Bench

AS_BUILT = Path(__file__).with_name("as_built.sql")
# Roles belong to the whole server: they are made once, and stay.
_ROLE = "DO $$ BEGIN CREATE ROLE {0} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"


@pytest.fixture(scope="session")
def as_built(new_database: Callable[[str | None], str]) -> str:
    """Name the database that the others are copies of."""
    url = new_database(None)
    with connect(url, "as built") as db:
        # fleetfeed's own, too, so that what is reported does not depend on which test was the first to make them.
        for role in ("dashboard_api", "map_page", "nobody_in_particular", *GROUPS):
            db.execute(_ROLE.format(role))
        db.execute("SET search_path = public")
        db.execute(AS_BUILT.read_text())
        return str(db.connection.info.dbname)


@pytest.fixture
def old_url(new_database: Callable[[str | None], str], as_built: str) -> str:
    """Give a database of the earlier program."""
    return new_database(as_built)


@pytest.fixture
def old(old_url: str) -> Iterator[Database]:
    """Give a connection to one."""
    with connect(old_url, "test") as db:
        yield db


@pytest.fixture(scope="session")
def old_to_read(new_database: Callable[[str | None], str], as_built: str) -> Iterator[Database]:
    """Give a database of the earlier program to tests that leave it as it was."""
    with connect(new_database(as_built), "test") as db:
        yield db


@pytest.fixture(scope="session")
def adopted_name(new_database: Callable[[str | None], str], as_built: str) -> str:
    """Name an adopted database that others are copies of."""
    with connect(new_database(as_built), "adopt") as db:
        migrate(db, MIGRATIONS, [FEED])
        return str(db.connection.info.dbname)


@pytest.fixture(scope="session")
def adopted_to_read(new_database: Callable[[str | None], str], adopted_name: str) -> Iterator[Database]:
    """Give an adopted database to tests that do not write."""
    with connect(new_database(adopted_name), "test") as db:
        yield db


@pytest.fixture
def adopted_url(new_database: Callable[[str | None], str], adopted_name: str) -> str:
    """Give an adopted database."""
    return new_database(adopted_name)


@pytest.fixture
def adopted(adopted_url: str, tmp_path: Path) -> Iterator[Bench]:
    """Give a connection to one, with an inbox and an archive."""
    with connect(adopted_url, "test") as db:
        yield Bench(db, tmp_path)
