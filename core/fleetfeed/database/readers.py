"""Connections for many readers at once, who may call the functions in `reporting` and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from fleetfeed.database.connection import Database, with_own_options
from fleetfeed.database.errors import asking
from fleetfeed.errors import UsageError
from fleetfeed.runtime import logs

_SETTINGS = (
    "-c search_path=pg_catalog -c DateStyle=ISO -c jit=off -c default_transaction_read_only=on "
    "-c statement_timeout=10s -c lock_timeout=2s"
)
_ROLE = "fleetfeed_reader"
_FINAL = (PoolTimeout, psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)  # a second try is of no use
_CONNECTIONS = 4
_PATIENCE = 5  # seconds to wait for a connection
_TABLES = """
SELECT string_agg(name, ', ') FROM (
    SELECT c.oid::regclass::text AS name FROM pg_catalog.pg_class AS c
    WHERE c.relnamespace = to_regnamespace('tickets') AND c.relkind IN ('r', 'p')
        AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
    ORDER BY c.oid LIMIT 3
) AS few
"""


class Readers:
    """A pool of connections for reading."""

    def __init__(self, url: str, *, as_reader: bool) -> None:
        """`as_reader`: take the role of readers, with a login that may do more (the embedded server's)."""
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # it logs each attempt to reconnect
        options = with_own_options(url, f"{_SETTINGS} -c role={_ROLE}" if as_reader else _SETTINGS)
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            kwargs={
                "autocommit": True,
                "application_name": "fleetfeed serve",
                "connect_timeout": 5,
                "options": options,
                "prepare_threshold": None,
            },
            configure=None if as_reader else _check_login,
            min_size=1,
            max_size=_CONNECTIONS,
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


async def _check_login(connection: psycopg.AsyncConnection[Any]) -> None:
    """Refuse a connection whose login may do more than read: the database may have been away at the start."""
    row = await (await connection.execute(_TABLES)).fetchone()
    if row and row[0]:
        logs.log(logs.ERROR, f"the login of the web server may do more than read: {row[0]}", event="too_many_rights")
        raise psycopg.errors.InsufficientPrivilege(f"the login has rights on {row[0]}")


def check_rights(db: Database) -> None:
    """Check that a login may only call reading functions. Raises UsageError."""
    if tables := db.one(_TABLES):
        raise UsageError(
            f"The database login of the web server may do more than call reading functions: it has rights on {tables}.",
            next_step="Name a login IN ROLE fleetfeed_reader in DATABASE_URL: docs/http-api.md.",
        )
