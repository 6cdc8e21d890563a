"""The core's objects by Alembic, and what they stand on: the server, PostGIS, the two schemas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetfeed.database.connection import Database
from fleetfeed.database.faults import translated
from fleetfeed.errors import CommitUnanswered, DatabaseError

OLDEST = 140000
OLDEST_POSTGIS = (3, 1)


def check_server(db: Database) -> None:
    """Make sure of PostgreSQL and PostGIS."""
    if db.connection.info.server_version < OLDEST:
        raise DatabaseError(
            f"The server is PostgreSQL {db.connection.info.server_version // 10000}; fleetfeed needs 14 or newer.",
            next_step="Point DATABASE_URL at a newer server.",
        )
    if db.one("SELECT count(*) FROM pg_catalog.pg_available_extensions WHERE name = 'postgis'") == 0:
        major = db.connection.info.server_version // 10000
        raise DatabaseError(
            "PostGIS is not installed on the database server.",
            next_step=f"Install its package there (Debian, Ubuntu: postgresql-{major}-postgis-3), then run again.",
        )


def lay_ground(db: Database) -> None:
    """Make what the first migration builds on, and the schema of Alembic's own table."""
    db.execute("CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public")
    found = str(db.one("SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'postgis'"))
    if tuple(map(int, re.findall(r"\d+", found)[:2])) < OLDEST_POSTGIS:
        raise DatabaseError(
            f"The database has PostGIS {found}; fleetfeed needs 3.1 or newer.",
            next_step="Update PostGIS on the server (ALTER EXTENSION postgis UPDATE), then run again.",
        )
    db.execute("CREATE SCHEMA IF NOT EXISTS tickets")
    db.execute("CREATE SCHEMA IF NOT EXISTS reporting")


@contextmanager
def alembic(db: Database, migrations: Path) -> Iterator[Callable[[], None]]:
    """Open one transaction, on the connection that holds the lock, in which Alembic can be run among other things."""
    import sqlalchemy
    from alembic import command
    from alembic.config import Config

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: db.connection, poolclass=sqlalchemy.pool.StaticPool
    )
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    db.connection.autocommit = False
    commits = False
    try:
        # Alembic leaves the commit to whoever has begun.
        with translated(), _unwrapped(), engine.connect() as connection, connection.begin():
            config.attributes.update(connection=connection, folder=migrations)

            def upgrade() -> None:
                config.attributes["postgis"] = db.postgis
                command.upgrade(config, "head")

            try:
                yield upgrade
            except BaseException:
                if db.connection.closed:  # then a rollback only fails, and would be told instead of the first error
                    connection.invalidate()
                raise
            commits = True
    except DatabaseError as error:
        if commits and db.connection.closed:
            raise CommitUnanswered(error.cause) from error
        raise
    finally:
        if not db.connection.closed:
            db.connection.autocommit = True


@contextmanager
def _unwrapped() -> Iterator[None]:
    """Raise the driver's own error out of SQLAlchemy's."""
    import sqlalchemy

    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        raise error.orig or error from error
