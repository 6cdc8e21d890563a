"""A connection to PostgreSQL that raises fleetfeed's errors."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import Copy, Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from fleetfeed.database.errors import translated
from fleetfeed.errors import CommitUnanswered, DatabaseError

# Our SQL qualifies all names; with this search_path the catalogue prints them qualified, too. jit is off because
# compiling the statements of a block takes longer than running them.
_SETTINGS = (
    "-c search_path=pg_catalog -c TimeZone=UTC -c DateStyle=ISO -c jit=off "
    "-c lock_timeout=10s -c idle_in_transaction_session_timeout=10min"
)

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"  # a load may commit meanwhile

Values = Sequence[Any] | Mapping[str, Any]  # for %s, or for %(name)s


class Database:
    """Run SQL; errors are raised as DatabaseError."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Values | None = None) -> Cursor[Any]:
        """Run one statement; with `values` None, a `%` in it needs no escape."""
        with translated():
            return self.connection.execute(sql, values)

    def one(self, sql: str, values: Values | None = None) -> Any:
        """Return the first column of the first row, or None."""
        row = self.execute(sql, values).fetchone()
        return row[0] if row else None

    def all(self, sql: str, values: Values | None = None) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return self.execute(sql, values).fetchall()

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement once per row of values."""
        with translated(), self.connection.cursor() as cursor:
            cursor.executemany(sql, rows)

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Open a transaction: committed at the end, rolled back on any exception or with `keep` False.

        Raises CommitUnanswered if the connection broke during COMMIT.
        """
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
        """Roll back a transaction that was begun with SQL and left open."""
        if self.connection.info.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with suppress(psycopg.OperationalError):  # a lost connection has lost the transaction, too
                self.connection.rollback()

    @contextmanager
    def copy(self, sql: str) -> Iterator[Copy]:
        """Open a COPY."""
        with translated(), self.connection.cursor() as cursor, cursor.copy(sql) as copy:
            yield copy

    def cancel(self) -> None:
        """Cancel the statement that another thread waits for."""
        self.connection.cancel_safe(timeout=5)

    def shut_down(self) -> None:
        """Shut the socket down, to free another thread that waits for an unresponsive server."""
        with socket.socket(fileno=os.dup(self.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    @property
    def postgis(self) -> str:
        """The quoted schema of PostGIS. Raises DatabaseError if the extension is not installed."""
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


def with_own_options(url: str, settings: str) -> str:
    """Return server options: those of the URL or of PGOPTIONS, then ours."""
    own = str(conninfo_to_dict(url).get("options") or os.environ.get("PGOPTIONS", ""))
    return f"{own} {settings}".strip()


@contextmanager
def connect(url: str, what: str) -> Iterator[Database]:
    """Connect for one command; `what` names it in pg_stat_activity, where lock holders are looked up."""
    name = f"fleetfeed {what} {socket.gethostname()} {os.getpid()}"[:63]
    with translated(connecting=True):
        options = with_own_options(url, _SETTINGS)
        connection = psycopg.connect(
            url, autocommit=True, application_name=name, connect_timeout=10, options=options, prepare_threshold=None
        )
    db = Database(connection)
    try:
        yield db
    finally:
        db.close()
