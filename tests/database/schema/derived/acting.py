"""Act as a role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from fleetfeed.database import Database


@contextmanager
def acting(db: Database, role: str) -> Iterator[None]:
    """Act as a role."""
    db.execute(f'SET ROLE "{role}"')
    try:
        yield
    finally:
        db.execute("RESET ROLE")


def refused(db: Database, role: str, sql: str) -> bool:
    """Return whether a role may not do this; anything but a lack of rights is raised."""
    with acting(db, role):
        try:
            with db.connection.transaction(force_rollback=True):
                db.connection.execute(sql)
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False
