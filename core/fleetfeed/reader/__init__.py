"""How an export is read: spooled, scanned, and queried with DuckDB."""
