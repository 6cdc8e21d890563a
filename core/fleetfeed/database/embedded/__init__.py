"""The project's own PostgreSQL server."""
