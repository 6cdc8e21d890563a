"""SQL files of migrations, run on the raw driver connection: SQLAlchemy would read `:x` and `%` in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


def execute(name: str) -> None:
    """Run one file of `sql/` in the migration that is running; `@postgis@` becomes the schema PostGIS lives in."""
    from alembic import context, op

    attributes = context.config.attributes
    text = (Path(attributes["folder"]) / "sql" / name).read_text(encoding="utf-8")
    driver: psycopg.Connection[object] | None = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("the migration has no open connection")
    driver.execute(text.replace("@postgis@", attributes["postgis"]))
