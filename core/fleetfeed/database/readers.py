"""Connections of the web server: many that read, and few that write positions; each may call functions, and no more."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from fleetfeed.database.connection import Database, with_own_options
from fleetfeed.database.errors import asking
from fleetfeed.database.schema.rights import DISPATCHER, READER
from fleetfeed.errors import UsageError
from fleetfeed.runtime import logs

_SETTINGS = "-c search_path=pg_catalog -c DateStyle=ISO -c jit=off -c statement_timeout=10s -c lock_timeout=2s"
_READ_ONLY = f"{_SETTINGS} -c default_transaction_read_only=on"
_FINAL = (PoolTimeout, psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)  # a second try is of no use
_CONNECTIONS, _WRITERS = 4, 2
_PATIENCE = 5  # seconds to wait for a connection
_TABLES = """
SELECT string_agg(name, ', ') FROM (
    SELECT c.oid::regclass::text AS name FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = to_regnamespace('tickets') AND c.relkind IN ('r', 'p')
        AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
    ORDER BY c.oid LIMIT 3
) AS few
"""


class _Pool:
    """A pool of connections whose login may only call functions."""

    def __init__(self, url: str, settings: str, role: str, least: int, most: int) -> None:
        """`role`: the one to take, with a login that may do more (the embedded server's)."""
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it logs each attempt to reconnect
        options = with_own_options(url, f"{settings} -c role={role}" if role else settings)
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            kwargs={
                "autocommit": True,
                "application_name": "fleetfeed serve",
                "connect_timeout": 5,
                "options": options,
                "prepare_threshold": None,
            },
            configure=None if role else _check_login,
            min_size=least,
            max_size=most,
            timeout=_PATIENCE,
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect; a database that is away is no error yet."""
        await self._pool.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close()

    async def ask(self, sql: str, values: Sequence[Any] = (), *, patience: float = _PATIENCE) -> Any:
        """Return the first column of the first row. Raises InvalidArgument or DatabaseError.

        A connection that broke while it was idle is replaced once.
        """
        with asking():
            try:
                return await self._ask(sql, values, patience)
            except psycopg.OperationalError as error:
                if isinstance(error, _FINAL):
                    raise
                await self._pool.check()
                return await self._ask(sql, values, patience)

    async def _ask(self, sql: str, values: Sequence[Any], patience: float) -> Any:
        async with self._pool.connection(patience) as connection:
            row = await (await connection.execute(sql, values)).fetchone()
        return row[0] if row else None


class Readers(_Pool):
    """A pool of connections for reading."""

    def __init__(self, url: str, *, as_reader: bool) -> None:
        """`as_reader`: take the role of readers."""
        super().__init__(url, _READ_ONLY, READER if as_reader else "", 1, _CONNECTIONS)


class Dispatchers(_Pool):
    """A pool of connections for writing positions; none is open while nobody does."""

    def __init__(self, url: str, *, as_dispatcher: bool) -> None:
        """`as_dispatcher`: take the role of dispatchers."""
        super().__init__(url, _SETTINGS, DISPATCHER if as_dispatcher else "", 0, _WRITERS)


async def _check_login(connection: psycopg.AsyncConnection[Any]) -> None:
    """Refuse a connection whose login may do more than call functions: the database may have been away at the start."""
    row = await (await connection.execute(_TABLES)).fetchone()
    if row and row[0]:
        logs.log(
            logs.ERROR,
            f"the login of the web server may do more than call functions: {row[0]}",
            event="too_many_rights",
        )
        raise psycopg.errors.InsufficientPrivilege(f"the login has rights on {row[0]}")


def check_rights(db: Database, role: str = READER, variable: str = "DATABASE_URL") -> None:
    """Check that a login may only call functions; `variable` names it. Raises UsageError."""
    if tables := db.one(_TABLES):
        raise UsageError(
            f"The database login of the web server may do more than call functions: it has rights on {tables}.",
            next_step=f"Name a login IN ROLE {role} in {variable}: docs/http-api.md.",
        )
