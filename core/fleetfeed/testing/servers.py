"""Databases for the tests: on TEST_DATABASE_URL's server, or on a throw-away server of this process."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack
from functools import cache
from itertools import count

from fleetfeed.database import connect
from fleetfeed.database.embedded.server import throwaway_server
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.tables import quoted
from fleetfeed.feed import Feed
from fleetfeed.plugins.registry import BUNDLED

_numbers = count(1)
_at_exit = ExitStack()  # drops the databases before it stops their server
atexit.register(_at_exit.close)


def new_database(feed: Feed) -> str:
    """Create a database migrated for one feed, and return its URL."""
    return _url(_migrated(_core(), feed))


@cache
def _core() -> str:
    """Create the template of all databases: the core's own objects take ten times as long as one feed's."""
    return _migrated("template0")


def _migrated(template: str, *feeds: Feed) -> str:
    name = f"fleetfeed_testing_{os.getpid()}_{next(_numbers)}"
    _execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}")
    if os.environ.get("TEST_DATABASE_URL"):
        _at_exit.callback(_execute, f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
    with connect(_url(name), "conformance") as db:
        migrate(db, BUNDLED / "migrations", list(feeds))
    return name


def _url(name: str) -> str:
    """Return the URL of a database of the server; the last database named in a URL or conninfo counts."""
    url = _server()
    return f"{url}{'&' if '?' in url else '?'}dbname={name}" if "://" in url else f"{url} dbname={name}"


@cache
def _server() -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    return given or _at_exit.enter_context(throwaway_server()).url("postgres")


def _execute(sql: str) -> None:
    with connect(_server(), "conformance") as db:
        db.execute(sql)
