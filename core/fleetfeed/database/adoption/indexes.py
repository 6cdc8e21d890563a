"""Indexes that users added to a table: created again on the new one, if it has their columns."""

from __future__ import annotations

from collections.abc import Iterator

from fleetfeed.database.adoption.inventory import Table
from fleetfeed.database.adoption.views import new_columns
from fleetfeed.database.connection import Database
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.plan import Step
from fleetfeed.states import StepKind

# Without those of constraints, and without the earlier program's only index: on geog, as the contract has one.
_INDEXES = """
SELECT relname, definition, is_unique, columns FROM (
    SELECT c.relname, pg_get_indexdef(i.indexrelid) AS definition, i.indisunique AS is_unique, ARRAY(
        SELECT a.attname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a
            ON (a.attrelid, a.attnum) = (i.indrelid, d.refobjsubid)
        WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid) AS columns
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s AND i.indisvalid
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid)
) AS found WHERE columns <> '{geog}' ORDER BY 1
"""


def steps(db: Database, table: Table) -> Iterator[Step]:
    """Yield what becomes of each index; those that stay have SQL."""
    taken = tables.indexes(table.feed) if table.feed else {}
    there = [column.name for column in tables.columns(table.feed, "")] if table.feed else new_columns(db, table)
    for name, sql, is_unique, columns in db.all(_INDEXES, [table.oid]):
        index = f"index {name} on tickets.{table.name}"
        if is_unique or name in taken or not {*columns} <= {*there}:
            why = "it is unique, its name is taken, or a column of it is gone"
            yield Step(StepKind.DROP, f"{index}, as {why}: {sql}")
        else:
            yield Step(StepKind.RECREATE, index, sql)
