"""One advisory lock per feed. The session holds it, so it is released when the process ends for any reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fleetfeed.database.connection import Database
from fleetfeed.errors import DatabaseError

PATIENCE = 3.0  # seconds that a run waits for the feed's lock, which geocoding takes briefly to write places
_TRY = "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended(%s, 0))"
_WAIT = "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(%s, 0))"
_RELEASE = "SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended(%s, 0))"
# A bigint advisory lock shows its two halves as classid and objid.
_HOLDER = """
SELECT format('%%s (pid %%s%%s, since %%s UTC)', a.application_name, a.pid,
    ' from ' || host(a.client_addr), to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS'))
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    AND (l.classid::bigint << 32 | l.objid::bigint) = pg_catalog.hashtextextended(%s, 0)
"""


@contextmanager
def feed_lock(db: Database, feed: str, timeout: float = 0) -> Iterator[str | None]:
    """Hold the feed's lock and yield None; if it is still taken after `timeout` seconds, yield who holds it."""
    name = f"fleetfeed:{feed}"
    if not db.one(_TRY, [name]) and not (timeout and _wait(db, name, timeout)):
        yield db.one(_HOLDER, [name]) or "a run that has just ended"
        return
    try:
        yield None
    finally:
        _release(db, name)


@contextmanager
def migration_lock(db: Database) -> Iterator[None]:
    """Hold the lock of `migrate`; waits for other migrations to end."""
    db.execute("SET lock_timeout = 0")
    db.execute(_WAIT, ["fleetfeed:migrate"])
    db.execute("SET lock_timeout = '10s'")
    try:
        yield
    finally:
        _release(db, "fleetfeed:migrate")


def _wait(db: Database, name: str, seconds: float) -> bool:
    """Wait for a lock in the server's queue; return whether it was granted in time."""
    db.execute(f"SET lock_timeout = {seconds * 1000:.0f}")
    try:
        db.execute(_WAIT, [name])
    except DatabaseError:
        return False
    finally:
        db.execute("RESET lock_timeout")  # to the setting of the connection
    return True


def _release(db: Database, name: str) -> None:
    """Release a lock. A lost session has released it already, and that must not fail a committed run."""
    if not db.connection.closed:
        with suppress(DatabaseError):
            db.execute(_RELEASE, [name])
