"""Read an export: spool, scan, and query with DuckDB."""
