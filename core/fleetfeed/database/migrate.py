"""`fleetfeed migrate`: the core's objects by Alembic, the feeds' tables by plan and apply; locked, safe to repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_fixed

from fleetfeed.database import adopt, roles, tables
from fleetfeed.database import plan as plans
from fleetfeed.database.adopt import Adoption
from fleetfeed.database.connection import Database
from fleetfeed.database.derived import ReadSide
from fleetfeed.database.derived import terms as settings
from fleetfeed.database.derived.terms import Terms
from fleetfeed.database.faults import translated
from fleetfeed.database.lock import migration_lock
from fleetfeed.database.plan import Step
from fleetfeed.errors import DatabaseError, SchemaBehind
from fleetfeed.feed import Feed

OLDEST = 140000
OLDEST_POSTGIS = (3, 1)
_REVISION = "SELECT version_num FROM tickets.schema_version"
_CORE = Step("bring the core's objects to head (Alembic)", "")


def head(migrations: Path) -> str:
    """Tell the newest revision of a folder of migrations; they follow each other by number."""
    names = sorted(path.name for path in (migrations / "versions").glob("[0-9]*.py"))
    return re.split("[_.]", names[-1])[0] if names else ""


def revision(db: Database) -> str | None:
    """Tell the revision the database is at; None before the first."""
    if not db.one("SELECT to_regclass('tickets.schema_version') IS NOT NULL"):
        return None
    found: str | None = db.one(_REVISION)
    return found


def check(db: Database, migrations: Path, feed: Feed) -> None:
    """Refuse to go on while `migrate` has something to do. Raises SchemaBehind."""
    if revision(db) != head(migrations):
        raise SchemaBehind(
            f"The database is at revision {revision(db) or 'none'}, this fleetfeed needs {head(migrations)}.",
            next_step="Run `fleetfeed migrate` (`--plan` shows what it will do).",
        )
    applied = db.all("SELECT definition, picture FROM tickets.feed_schemas WHERE feed = %s", [feed.name])
    # The quick way: nothing was declared or altered since `migrate`.
    quick = applied == [(tables.definition(feed, db.postgis), plans.picture(db, feed))]
    if steps := [*([] if quick else plans.plan(db, feed)), *ReadSide(db, feed).steps()]:
        raise SchemaBehind(
            f"The table of feed {feed.name}, or what derives from it, is not what the feed declares: {steps[0].what}"
            f"{' and more' * (len(steps) > 1)}.",
            next_step="Run `fleetfeed migrate` (`--plan` shows what it will do).",
        )


def migrate(
    db: Database,
    migrations: Path,
    feeds: Iterable[Feed],
    *,
    dry: bool = False,
    allow_destructive: bool = False,
    terms: Terms | None = None,
) -> list[Step]:
    """Do all that is to be done, or with `dry` only tell it. Destructive steps are refused unless they are allowed."""
    _check_server(db)
    feeds, terms = list(feeds), terms or Terms()
    roles.check(db, terms.reader_roles)
    with migration_lock(db):
        core = revision(db) is None
        if adoption := adopt.find(db, migrations, feeds, core=core):
            return _adopt(db, migrations, feeds, adoption, terms, dry=dry, allow_destructive=allow_destructive)
        done = [] if revision(db) == head(migrations) else [_CORE]
        if done and dry:
            return [*done, *(Step(f"create or compare table {tables.table(feed)}", "") for feed in feeds)]
        if done:
            _lay_ground(db)
            with _alembic(db, migrations) as upgrade:
                upgrade()
        for feed in feeds:
            done += _migrate_feed(db, feed, dry=dry, allow_destructive=allow_destructive)
        return done + _settle(db, terms, dry=dry)


def _settle(db: Database, terms: Terms, *, dry: bool, loaders: Sequence[str] = ()) -> list[Step]:
    """Write down what the project's settings say, and give every role its rights."""
    steps = list(settings.steps(db, terms))
    if steps and not dry:
        _apply(db, steps)
    return steps + roles.settle(db, terms.reader_roles, dry=dry, loaders=loaders)


def _adopt(
    db: Database,
    migrations: Path,
    feeds: list[Feed],
    adoption: Adoption,
    terms: Terms,
    *,
    dry: bool,
    allow_destructive: bool,
) -> list[Step]:
    """Adopt what an earlier program left, in one transaction: all of it or nothing."""
    others = [feed for feed in feeds if feed.name not in adoption.feeds]
    names = ", ".join((roles.OWNER, roles.LOADER, roles.READER, *terms.reader_roles))
    also = [Step(f"create or compare table {tables.table(feed)}", "") for feed in others]
    steps = adoption.steps([*also, Step(f"grant {names} what docs/database.md says", "")])
    if dry:
        return steps
    for attempt in _while_locked():
        with attempt, _alembic(db, migrations) as upgrade:
            adoption.set_aside()
            _lay_ground(db)
            upgrade()
            made = [(feed, _migrate_feed(db, feed, dry=False, allow_destructive=allow_destructive)) for feed in feeds]
            found = adoption.carry_over()
            for feed, done in made:  # once more: there may be indexes of others by now
                _enter(db, feed, done)
            found += _settle(db, terms, dry=False, loaders=adoption.owners)
            adoption.capture()
    told = {step.what for step in steps}
    return [*steps, *(step for step in found if step.what not in told)]


def _migrate_feed(db: Database, feed: Feed, *, dry: bool, allow_destructive: bool) -> list[Step]:
    reading = ReadSide(db, feed)
    steps = plans.plan(db, feed)
    if dry:
        return steps + reading.steps()
    if any(step.destructive for step in steps) and not allow_destructive:
        told = "; ".join(step.what for step in steps if step.destructive)
        raise DatabaseError(
            f"The table of feed {feed.name} can only become what the feed declares by losing something: {told}.",
            next_step="Run `fleetfeed migrate --allow-destructive` if that is meant.",
        )
    done = []
    while steps:  # a column that is made anew takes its index with it, which only the next plan sees
        _apply(db, reading.make_room(steps))
        done += steps
        steps = plans.plan(db, feed)
    _enter(db, feed, done)
    if steps := reading.steps():
        _apply(db, steps)
    reading.enter()
    return done + steps


def _enter(db: Database, feed: Feed, done: list[Step]) -> None:
    """Write down what a feed's table was made of, and what the catalogue says of it now."""
    db.execute(
        "INSERT INTO tickets.feed_schemas AS s (feed, definition, picture, applied_sql) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (feed) DO UPDATE SET definition = excluded.definition, picture = excluded.picture, "
        "applied_sql = excluded.applied_sql, applied_at = now() "
        "WHERE (s.definition, s.picture) <> (excluded.definition, excluded.picture)",
        [feed.name, tables.definition(feed, db.postgis), plans.picture(db, feed), ";\n".join(s.sql for s in done)],
    )


def _apply(db: Database, steps: list[Step]) -> None:
    for attempt in _while_locked():
        with attempt:
            plans.apply(db, steps)


def _while_locked() -> Retrying:
    """Ask again, a few times, for a lock that a reader holds for too long."""
    busy = retry_if_exception(lambda error: "holds a lock" in str(error))
    return Retrying(retry=busy, stop=stop_after_attempt(5), wait=wait_fixed(2), reraise=True)


def _check_server(db: Database) -> None:
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


def _lay_ground(db: Database) -> None:
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
def _alembic(db: Database, migrations: Path) -> Iterator[Callable[[], None]]:
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
