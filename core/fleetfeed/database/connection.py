"""A connection to PostgreSQL that speaks in fleetfeed's errors."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import Copy, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from fleetfeed.database.errors import translated
from fleetfeed.errors import CommitUnanswered, DatabaseError

# All names are qualified; with this path the catalogue spells them so, too, whatever the role's own path is. Compiling
# the statements of a block takes longer than running them.
_SETTINGS = (
    "-c search_path=pg_catalog -c TimeZone=UTC -c DateStyle=ISO -c jit=off "
    "-c lock_timeout=10s -c idle_in_transaction_session_timeout=10min"
)

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"  # a load may commit meanwhile


class Database:
    """Run SQL in fleetfeed's own words for what goes wrong."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Sequence[Any] | None = None) -> Cursor[Any]:
        """Run one statement; `values` None sends it as it is, so that a `%` in it stays one."""
        with translated():
            return self.connection.execute(sql, values)

    def one(self, sql: str, values: Sequence[Any] | None = None) -> Any:
        """Give the first column of the first row, or None."""
        row = self.execute(sql, values).fetchone()
        return row[0] if row else None

    def all(self, sql: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Give all rows."""
        return self.execute(sql, values).fetchall()

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of many rows."""
        with translated(), self.connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Open a transaction that is committed at the end, or rolled back with `keep` False or on any exception."""
        outermost, commits = self.connection.info.transaction_status == TransactionStatus.IDLE, False
        try:
            with translated(), self.connection.transaction(force_rollback=not keep):
                yield
                commits = keep and outermost
        except DatabaseError as error:
            if commits and self.connection.closed:
                raise CommitUnanswered(error.cause) from error
            raise

    def end_transaction(self) -> None:
        """Roll back a transaction that somebody began by hand and left open."""
        if self.connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with suppress(psycopg.OperationalError):  # where the connection is lost, so is the transaction
                self.connection.rollback()

    @contextmanager
    def copy(self, sql: str) -> Iterator[Copy]:
        """Open a COPY."""
        with translated(), self.connection.cursor() as cursor, cursor.copy(sql) as copy:
            yield copy

    def cancel(self) -> None:
        """Cancel the statement that another thread waits for."""
        self.connection.cancel_safe(timeout=5)

    def cut(self) -> None:
        """End the connection under another thread that waits for a server which says nothing any more."""
        with socket.socket(fileno=os.dup(self.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    @property
    def postgis(self) -> str:
        """The schema PostGIS lives in. Raises DatabaseError where the extension is not installed."""
        schema = self.one(
            "SELECT nspname FROM pg_catalog.pg_extension JOIN pg_catalog.pg_namespace n ON n.oid = extnamespace "
            "WHERE extname = 'postgis'"
        )
        if schema is None:
            raise DatabaseError(
                "The database has no PostGIS extension.",
                next_step="Run `fleetfeed migrate`, or let an administrator run CREATE EXTENSION postgis.",
            )
        return f'"{schema}"'

    def close(self) -> None:
        """Close the connection; it may be broken already."""
        self.connection.close()


@contextmanager
def connect(url: str, what: str) -> Iterator[Database]:
    """Connect for one command; `what` names it in pg_stat_activity, for whoever finds its lock taken."""
    name = f"fleetfeed {what} {socket.gethostname()} {os.getpid()}"[:63]
    with translated(connecting=True):
        own = str(conninfo_to_dict(url).get("options") or os.environ.get("PGOPTIONS", ""))
        options = f"{own} {_SETTINGS}".strip()
        connection = psycopg.connect(
            url, autocommit=True, application_name=name, connect_timeout=10, options=options, prepare_threshold=None
        )
    db = Database(connection)
    try:
        yield db
    finally:
        db.close()
