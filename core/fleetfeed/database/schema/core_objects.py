"""The core's objects, made by Alembic, and their prerequisites: the server, PostGIS, the two schemas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from fleetfeed.database.connection import Database
from fleetfeed.database.errors import translated
from fleetfeed.database.schema.current import head, revision
from fleetfeed.database.schema.plan import Step
from fleetfeed.errors import CommitUnanswered, DatabaseError
from fleetfeed.states import StepKind

OLDEST = 140000
OLDEST_POSTGIS = (3, 1)
RESTORE = (
    "Restore the whole dump into an empty database in which an administrator has run CREATE EXTENSION postgis: "
    "docs/operations.md, «Back up and restore»."
)
_HAS_POSTGIS = "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'postgis')"
_TABLES = "SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace('tickets') AND relkind = 'r'"
_OURS = "feed_schemas"  # a table that the earlier program did not have
_CREATE_POSTGIS = "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public"


def check_server(db: Database) -> None:
    """Check that PostgreSQL is new enough and offers PostGIS. Raises DatabaseError."""
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


def check_whole(db: Database, migrations: Path) -> None:
    """Check that a database was not restored in part: migrations cannot repair that. Raises DatabaseError."""
    at = revision(db)
    names = {name for (name,) in db.all(_TABLES)}
    if at is None and _OURS not in names:
        return
    lost = [] if db.one(_HAS_POSTGIS) else ["the extension postgis"]
    lost += ["the revision"] if at is None else []
    lost += [f"tickets.{name}" for name in _core_tables(migrations) if at == head(migrations) and name not in names]
    if lost:
        raise DatabaseError(
            f"Of what fleetfeed has made in the database, {', '.join(lost)} is missing: "
            "it was restored in part, or somebody dropped it.",
            next_step=RESTORE,
        )


def _core_tables(migrations: Path) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((migrations / "sql").glob("*.sql"))]
    return [name for text in texts for name in re.findall(r"^CREATE TABLE tickets\.(\w+)", text, re.MULTILINE)]


def manual_steps(db: Database) -> list[Step]:
    """List what an administrator has to do before `migrate`; found by trying it and rolling back."""
    if db.one(_HAS_POSTGIS):
        return []
    try:
        with db.transaction(keep=False):
            db.execute(_CREATE_POSTGIS)
    except DatabaseError as error:
        if not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise
        return [Step(StepKind.CREATE, "extension postgis", _CREATE_POSTGIS, by_hand=True)]
    return []


def create_prerequisites(db: Database) -> None:
    """Create the PostGIS extension and the two schemas. Raises DatabaseError if PostGIS is too old."""
    db.execute(_CREATE_POSTGIS)
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
    """Open a transaction on the connection that holds the lock; yield a function that runs Alembic in it."""
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
        # Alembic does not commit a transaction that it did not begin.
        with translated(), _unwrapped(), engine.connect() as connection, connection.begin():
            config.attributes.update(connection=connection, folder=migrations)

            def upgrade() -> None:
                config.attributes["postgis"] = db.postgis
                command.upgrade(config, "head")

            try:
                yield upgrade
            except BaseException:
                if db.connection.closed:  # a rollback would fail, and hide the first error
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
    """Raise the driver's error instead of SQLAlchemy's wrapper."""
    import sqlalchemy

    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        raise error.orig or error from error
