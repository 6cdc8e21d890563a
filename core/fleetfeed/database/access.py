"""Connects to a project's database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.config.loader import database_url
from fleetfeed.config.variables import DISPATCHER_URL, variable
from fleetfeed.database.connection import Database, connect
from fleetfeed.database.embedded.server import EmbeddedServer
from fleetfeed.database.schema.rights import DISPATCHER
from fleetfeed.errors import DatabaseError
from fleetfeed.runtime import logs
from fleetfeed.text.redact import masked

if TYPE_CHECKING:
    from fleetfeed.config.settings import Settings
    from fleetfeed.database.readers import Dispatchers, Readers

EMBEDDED = "embedded"
EMBEDDED_DATABASE = "fleetfeed"


@dataclass(frozen=True)
class DatabaseAccess:
    """Connect to the database that the settings name; starts the embedded server when needed."""

    settings: Settings
    folder: Path  # of the project

    @property
    def server(self) -> EmbeddedServer:
        """The project's own embedded server, used or not."""
        return EmbeddedServer(self.folder / ".fleetfeed")

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the project's embedded server."""
        url = self.settings.database.url
        return url is not None and url.get_secret_value() == EMBEDDED

    @property
    def embedded_url(self) -> str:
        """The URL of the database in the embedded server."""
        return self.server.url(EMBEDDED_DATABASE)

    def start(self) -> str:
        """Start the embedded server, create its database if missing, and return the URL."""
        self.server.start()
        return self.server.create_database(EMBEDDED_DATABASE)

    def check(self) -> None:
        """Check, without connecting, that a database is configured. Raises ConfigError."""
        database_url(self.settings, os.environ)

    def readers(self, *, as_reader: bool) -> Readers:
        """Return a pool of connections for the web server; `as_reader`: with the role of readers only.

        Raises UsageError if the login may do more than read. A database that is away is no error: it is checked later.
        """
        from fleetfeed.database.readers import Readers

        url = database_url(self.settings, os.environ)
        if url == EMBEDDED:
            url, as_reader = self.start(), True
        if not as_reader:
            _check_rights(url)
        return Readers(url, as_reader=as_reader)

    def dispatchers(self) -> Dispatchers | None:
        """Return a pool of connections that may write positions; None unless [serve] names their login.

        Raises UsageError if the login may do more.
        """
        from fleetfeed.database.readers import Dispatchers

        given = self.settings.serve.dispatcher_url
        url = given.get_secret_value() if given else ""
        if url == EMBEDDED:
            return Dispatchers(self.start(), as_dispatcher=True)
        if url:
            _check_rights(url, DISPATCHER, variable(DISPATCHER_URL))
        return Dispatchers(url, as_dispatcher=False) if url else None

    @contextmanager
    def connect(self, what: str) -> Iterator[Database]:
        """Connect; `what` names this session to others that wait for its lock."""
        url = database_url(self.settings, os.environ)
        if url == EMBEDDED:
            url = self.start()
        with connect(url, what) as db:
            logs.log(logs.DEBUG, f"connected to {masked(url) if url else 'the database of PG*'}", event="connected")
            yield db


def _check_rights(url: str, *group: str) -> None:
    """Check that a login of the web server may do no more than its group, if the database answers."""
    from fleetfeed.database.readers import check_rights

    try:
        with connect(url, "serve") as db:
            check_rights(db, *group)
    except DatabaseError as error:
        logs.log(logs.WARNING, f"{error.cause} Requests fail until it does.", event="database_away")
