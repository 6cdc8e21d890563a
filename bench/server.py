"""The server that everything is measured on: made for one bench, thrown away after it, and its fsync is on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from fleetfeed.database.embedded.files import server_user
from fleetfeed.database.embedded.programs import find_programs
from fleetfeed.database.embedded.server import EmbeddedServer

# What a load's time depends on.
SETTINGS = (
    *("fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_compression", "shared_buffers", "work_mem"),
    *("maintenance_work_mem", "max_wal_size", "checkpoint_timeout", "autovacuum", "jit", "max_parallel_workers"),
)
_POSTGIS = "SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'"
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class State:
    """What a database looks like at one moment."""

    wal: int  # position, in bytes
    tables: dict[str, tuple[int, int, int, int]]  # inserted, updated, deleted, of the updated HOT
    dead: int  # row versions of the feed's table
    size: int  # bytes of the feed's table and its indexes

    def written(self, before: State, table: str) -> tuple[int, int, int, int]:
        """Count what was written to a table since then."""
        now, then = self.tables.get(table, (0, 0, 0, 0)), before.tables.get(table, (0, 0, 0, 0))
        return now[0] - then[0], now[1] - then[1], now[2] - then[2], now[3] - then[3]


class Site:
    """Hand out databases that all begin alike."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self._templates: set[str] = set()
        self._admin = psycopg.connect(server.url("postgres"), autocommit=True)
        user = server_user(server.data)
        self.psql = find_programs(user, self._admin.info.server_version // 10_000).bindir / "psql"

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        self._admin.close()

    def template(self, name: str, origin: str | None, fill: Callable[[str], object]) -> str:
        """Make a database that others are copied from, the first time it is asked for; `fill` is given its URL."""
        if name not in self._templates:
            self.drop_template(name)  # one that could not be filled
            self._create(name, origin)
            url = self.server.url(name)
            fill(url)
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM (ANALYZE)")  # as autovacuum leaves what was loaded an hour ago
            self._settle(name)
            self._templates.add(name)
        return name

    @contextmanager
    def copy(self, template: str | None) -> Iterator[str]:
        """Make a database like the template, with nothing left to be written to disk, and drop it afterwards."""
        self._create("measured", template)
        try:
            self._admin.execute("CHECKPOINT")
            os.sync()
            yield "measured"
        finally:
            self.server.drop_database("measured")

    def drop_template(self, name: str) -> None:
        """Give the space of a template back."""
        self._templates.discard(name)
        self.server.drop_database(name)

    def look(self, database: str) -> State:
        """Look at a database that nobody works with any more."""
        self._settle(database)
        with psycopg.connect(self.server.url(database), autocommit=True) as connection:
            rows = connection.execute(
                "SELECT schemaname || '.' || relname, n_tup_ins, n_tup_upd, n_tup_del, n_tup_hot_upd "
                "FROM pg_stat_user_tables"
            ).fetchall()
            dead, size, wal = connection.execute(
                "SELECT coalesce(sum(n_dead_tup), 0), coalesce(sum(pg_total_relation_size(relid)), 0)::bigint, "
                "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint "
                "FROM pg_stat_user_tables WHERE schemaname = 'tickets' AND relname = 'inc'"
            ).fetchall()[0]
        return State(wal, {name: (a, b, c, d) for name, a, b, c, d in rows}, int(dead), size)

    def _settle(self, database: str) -> None:
        """Wait until all who were connected are gone: then their statistics are in."""
        deadline = time.monotonic() + PATIENCE
        while self._ask(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'", [database]
        ):
            if time.monotonic() > deadline:
                raise TimeoutError(f"somebody is still connected to {database}")
            time.sleep(0.02)
        if self._admin.info.server_version < 150_000:
            time.sleep(1)  # there they travel by UDP, and arrive at some time

    @property
    def backend(self) -> int:
        """The process of the server that works for this object."""
        return self._admin.info.backend_pid

    def about(self) -> dict[str, str]:
        """Return the server's version and settings."""
        found = self._admin.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)]
        ).fetchall()
        versions = {"version": self._ask("SHOW server_version"), "postgis": self._ask(_POSTGIS)}
        return {**versions, **dict(sorted(found))}

    def _create(self, name: str, template: str | None) -> None:
        # As files: a copy by way of the WAL would be checkpointed in the middle of what is measured next.
        strategy = " STRATEGY file_copy" if self._admin.info.server_version >= 150_000 else ""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        self._admin.execute(create.format(sql.Identifier(name), sql.Identifier(template or "template0")))

    def _ask(self, statement: str, values: list[str] | None = None) -> Any:
        row = self._admin.execute(statement, values).fetchone()
        return row[0] if row else None
