"""Indexes that users added to a table: created again on the new one, if its columns still exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from fleetfeed.database.adoption.inventory import Survey
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import Step, columns_of
from fleetfeed.database.schema.tables import quoted
from fleetfeed.states import StepKind

_INDEXES = """
SELECT c.relname, t.relname, pg_get_indexdef(i.indexrelid), i.indisunique, ARRAY(
    SELECT a.attname::text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a
        ON (a.attrelid, a.attnum) = (i.indrelid, d.refobjsubid)
    WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid)
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
WHERE i.indrelid = ANY(%s) AND i.indisvalid AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY 2, 1
"""
_THERE = "SELECT indexname, indexdef FROM pg_catalog.pg_indexes WHERE schemaname = 'tickets' AND tablename = %s"


class Index(NamedTuple):
    """An index of an old table."""

    name: str
    table: str
    sql: str
    unique: bool
    columns: list[str]

    @property
    def definition(self) -> str:
        """Its definition without its name and table."""
        return definition(self.sql)

    def dropped(self, columns: Collection[str], names: Collection[str]) -> str:
        """Return why it cannot be restored, given the new table's columns and indexes; '' if it can."""
        if self.unique:
            return "the contract has a key of its own"
        if self.name in names:
            return "the contract has another one of this name"
        gone = [name for name in self.columns if name not in columns]
        return f"there is no column {', '.join(gone)} any more" if gone else ""


def find(db: Database, survey: Survey) -> list[Index]:
    """List the indexes that do not belong to a constraint."""
    return [Index(*row) for row in db.all(_INDEXES, [[table.oid for table in survey.tables]])]


def steps(indexes: Iterable[Index], columns: Mapping[str, Collection[str]], there: Mapping[str, str]) -> Iterator[Step]:
    """Yield what happens to each index, given the columns of each new table and all new indexes (name → SQL)."""
    definitions = {definition(sql) for sql in there.values()}
    for index in indexes:
        if index.definition in definitions:
            continue
        if why := index.dropped(columns[index.table], there):
            yield Step(StepKind.DROP, f"index {index.name} on tickets.{index.table}: {why}")
        else:
            yield Step(StepKind.RECREATE, f"index {index.name} on tickets.{index.table}")


def restore(db: Database, indexes: Iterable[Index]) -> None:
    """Create indexes again, except duplicates of the contract's and those whose columns are gone."""
    for index in indexes:
        there = dict(db.all(_THERE, [index.table]))
        columns = columns_of(db, f"tickets.{quoted(index.table)}")
        if index.definition not in map(definition, there.values()) and not index.dropped(columns, there):
            db.execute(index.sql)


def definition(sql: str) -> str:
    """Return an index's definition without its name and table."""
    return re.sub(r"^.*? ON \S+ (USING btree )?", "", sql)
