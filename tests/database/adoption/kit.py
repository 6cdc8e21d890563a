"""What the tests of adoption look at."""

from __future__ import annotations

from typing import Any

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from tests.kit import FEED, MIGRATIONS

_CATALOGUE = """
SELECT 'relation', c.oid::text, c.oid::regclass::text || ' ' || c.relkind::text || ' ' || coalesce(c.relacl::text, '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
UNION ALL SELECT 'column', attrelid::text, attname || ' ' || atttypid || coalesce(attacl::text, '')
FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('tickets', 'public')
UNION ALL SELECT 'function', p.oid::text, pg_get_function_identity_arguments(p.oid) || md5(prosrc)
    || coalesce(proacl::text, '') FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE n.nspname IN ('tickets', 'reporting')
UNION ALL SELECT 'trigger', oid::text, pg_get_triggerdef(oid) FROM pg_trigger
UNION ALL SELECT 'schema', oid::text, nspname || coalesce(nspacl::text, '') FROM pg_namespace
WHERE nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2, 3
"""
_TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('tickets', 'as_built'))
ORDER BY 1
"""


def picture(db: Database) -> tuple[Any, ...]:
    """Take in the whole database, by object and by row version: equal ones say that nothing was written."""
    rows = {name: db.all(f"SELECT ctid::text, xmin::text FROM {name} ORDER BY 1") for (name,) in db.all(_TABLES)}
    return db.all(_CATALOGUE), rows


def rows(db: Database, sql: str) -> list[dict[str, Any]]:
    """Read rows by the names of their columns."""
    cursor = db.execute(sql)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def reported(db: Database, *, dry: bool = False) -> list[str]:
    """Adopt, or only plan to, and say what was reported."""
    return [step.what for step in migrate(db, MIGRATIONS, [FEED], dry=dry)]
