"""The database: connection, tables derived from feeds, loading, ledger, locks, the embedded server."""

from fleetfeed.database.connection import Database, connect

__all__ = ["Database", "connect"]
