"""The database: connection, feed tables that derive from a Feed, COPY, ledger, locks, the embedded server."""

from fleetfeed.database.connection import Database, connect

__all__ = ["Database", "connect"]
