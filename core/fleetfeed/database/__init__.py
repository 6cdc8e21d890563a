"""The database: connection, the tables of each feed, loading, ledger, locks, the embedded server."""

from fleetfeed.database.connection import Database, connect

__all__ = ["Database", "connect"]
