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

MIGRATIONS = BUNDLED / "migrations"

_numbers = count(1)
_at_exit = ExitStack()  # drops the databases before it stops their server
atexit.register(_at_exit.close)


def new_database(feed: Feed) -> str:
    """Create a database migrated for one feed, and return its URL."""
    url = _url(_create(_core()))
    with connect(url, "conformance") as db:
        migrate(db, MIGRATIONS, [feed])
    return url


@cache
def _server() -> str:
    given = os.environ.get("TEST_DATABASE_URL")
    return given or _at_exit.enter_context(throwaway_server()).url("postgres")


@cache
def _core() -> str:
    """Create the template of all databases: the core's own objects take ten times as long as one feed's."""
    name = _create("template0")
    with connect(_url(name), "conformance") as db:
        migrate(db, MIGRATIONS, [])
    return name


def _create(template: str) -> str:
    name = f"fleetfeed_testing_{os.getpid()}_{next(_numbers)}"
    _execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}")
    if os.environ.get("TEST_DATABASE_URL"):
        _at_exit.callback(_execute, f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
    return name


def _execute(sql: str) -> None:
    with connect(_server(), "conformance") as db:
        db.execute(sql)


def _url(name: str) -> str:
    """Return the URL of a database of the server; the last database named in a URL or conninfo counts."""
    url = _server()
    if "://" not in url:
        return f"{url} dbname={name}"
    return f"{url}{'&' if '?' in url else '?'}dbname={name}"
