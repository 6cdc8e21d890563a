"""Runs the SQL files of migrations on the driver's connection: SQLAlchemy would interpret `:x` and `%`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


def execute(name: str) -> None:
    """Run a file of `sql/` in the current migration; `@postgis@` becomes the schema of PostGIS."""
    from alembic import context, op

    attributes = context.config.attributes
    text = (Path(attributes["folder"]) / "sql" / name).read_text(encoding="utf-8")
    driver: psycopg.Connection[object] | None = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("the migration has no open connection")
    driver.execute(text.replace("@postgis@", attributes["postgis"]))
