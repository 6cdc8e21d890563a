"""Adopting the database of the earlier program: found by the catalogue, told, and done in one transaction.

The old objects move into a schema of their own, the contract's are made as in an empty database, the rows are carried
over, and the old objects are dropped. So it matters little how the old ones looked: only names of columns are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from fleetfeed.database.adopt import carry, grants, indexes, places, told
from fleetfeed.database.adopt.shapes import shape
from fleetfeed.database.adopt.survey import Survey, Table, survey
from fleetfeed.database.connection import Database
from fleetfeed.database.plan import Step
from fleetfeed.database.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed

ASIDE = "as_built"


def find(db: Database, migrations: Path, feeds: Iterable[Feed], *, core: bool) -> Adoption | None:
    """Look for what is to be adopted; `core` says that the core's own objects are not there yet."""
    found = survey(db, migrations, feeds, core=core)
    return Adoption(db, found) if found else None


class Adoption:
    """Carry one database over; `set_aside`, then the ordinary migration, then `carry_over`."""

    def __init__(self, db: Database, found: Survey) -> None:
        self._db, self._survey = db, found
        self.owners: list[str] = []  # who loaded so far, and has to go on
        postgis = db.one(
            "SELECT quote_ident(nspname) FROM pg_catalog.pg_extension JOIN pg_catalog.pg_namespace n "
            "ON n.oid = extnamespace WHERE extname = 'postgis'"
        )
        self._shapes = {}
        for table in found.tables:
            known = shape(table, postgis or "public")
            if known is None:
                raise DatabaseError(
                    f"tickets.{table.name} is there already, and is no table of the earlier program.",
                    next_step="Rename it or move it to another schema, then run again.",
                )
            self._shapes[table.name] = known

    def steps(self, also: list[Step]) -> list[Step]:
        """List all that is going to happen, and `also` that. Raises DatabaseError where others stand in the way."""
        return told.steps(self._db, self._survey, self._shapes, also)

    @property
    def feeds(self) -> set[str]:
        """Names of the feeds whose tables are adopted."""
        return {table.feed.name for table in self._survey.tables if table.feed}

    def set_aside(self) -> None:
        """Move the old objects out of the way; from here to the end nobody else reads or writes them."""
        db = self._db
        db.execute("SET LOCAL lock_timeout = '5s'")
        relations = self._survey.relations
        materialised = {view.oid for view in self._survey.views if view.materialised}
        for name in (name for oid, name in relations.items() if oid not in materialised):
            db.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        told.refuse_if_built_on(db, self._survey)
        self._grants, _ = grants.find(db, self._survey)
        self.owners = grants.owners(db, self._survey)
        self._indexes = indexes.find(db, self._survey)
        for trigger in self._survey.triggers:
            if not trigger.on_adopted:
                db.execute(f"DROP TRIGGER {quoted(trigger.name)} ON tickets.{quoted(trigger.table)}")
        db.execute(f"CREATE SCHEMA {ASIDE}")
        for name in relations.values():
            db.execute(f"ALTER TABLE {name} SET SCHEMA {ASIDE}")
        for function in self._survey.functions:
            db.execute(f"ALTER ROUTINE {function.signature} SET SCHEMA {ASIDE}")

    def carry_over(self) -> list[Step]:
        """Fill the new tables, restore what belongs to them, and drop the old ones; tell what only shows now."""
        db = self._db
        # The gazetteers go first: the trigger of the tickets looks into them.
        tables = sorted(self._survey.tables, key=lambda table: table.feed is not None)
        places.make_keys(db, tables, ASIDE)
        done = [step for table in tables for step in self._carry_table(table)]
        indexes.restore(db, self._indexes)
        done += grants.restore(db, self._grants)
        db.execute(f"DROP SCHEMA {ASIDE} CASCADE")
        return done

    def capture(self) -> None:
        """Capture history as every run does, so that what the next load closes is that day's flow."""
        for feed in sorted(self.feeds):
            self._db.execute("SELECT tickets.capture_history(%s, now())", [feed])

    def _carry_table(self, table: Table) -> Iterator[Step]:
        db, known, lost = self._db, self._shapes[table.name], places.lost_place(table)
        left_out = carry.find_left_out(db, table, known, ASIDE)
        places.keep_known_places(db, table, ASIDE)
        carried = carry.carry(db, table, known, ASIDE)
        rows = db.one(f"SELECT count(*) FROM {ASIDE}.{quoted(table.name)}")
        if carried + left_out != rows:
            raise DatabaseError(f"Of {rows:,} rows of tickets.{table.name} only {carried:,} could be carried over.")
        kept = carry.keep_homeless(db, table, known, ASIDE, *lost)
        if lost and (moved := kept - carry.count_homeless(db, table, known, ASIDE)):
            yield told.copied(table, moved, "the gazetteers say another place, or none")
        for column, count in carry.read_otherwise(db, table, ASIDE).items() if table.feed else ():
            yield told.read_otherwise(table, column, count)
