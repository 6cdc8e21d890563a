"""Adopts the database of the earlier program, in one transaction.

The old objects move to a schema of their own, the contract's are made as in an empty database, the rows are copied,
and the old objects are dropped. The plan and the copy read the old rows through the same temporary views.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetfeed.database.adoption import dependents, grants, indexes, report, rows, views
from fleetfeed.database.adoption.inventory import ASIDE, Survey, Table, survey
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.lock_retry import short_timeout
from fleetfeed.database.schema.plan import Step, apply
from fleetfeed.database.schema.roles import Member
from fleetfeed.feed import Feed


def find(db: Database, feeds: Sequence[Feed], *, core: bool) -> Adoption | None:
    """Find what has to be adopted, if anything; `core`: the core's own objects do not exist yet."""
    found = survey(db, feeds, core=core)
    return Adoption(db, feeds, found) if found else None


class Adoption:
    """Adopt one database: in a transaction call `lock`, `plan`, `set_aside`, migrate as usual, then `carry_over`."""

    def __init__(self, db: Database, feeds: Sequence[Feed], found: Survey) -> None:
        self._db, self._declared, self._survey = db, feeds, found

    def lock(self) -> None:
        """Lock everything until the end of the transaction, and take in what has changed meanwhile.

        All locks are taken within less than the deadlock timeout, or it fails, to be retried.
        """
        names = self._survey.relations.values()
        # Locking a view locks its tables, too.
        self._db.execute(f"SET LOCAL lock_timeout = '{short_timeout(self._db) * 500 / max(1, len(names)):.0f}ms'")
        for name in names:
            self._db.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        self._db.execute("SET LOCAL lock_timeout = '5s'")
        self._survey = survey(self._db, self._declared, core=self._survey.core) or self._survey

    def plan(self, also: list[Step], adopt_as: str | None) -> list[Step]:
        """List all steps, including `also`. Raises DatabaseError if something of others is in the way.

        Creates the temporary objects through which the old rows are read. Rows of an unknown feed go to `adopt_as`.
        """
        db, found = self._db, self._survey
        dependents.refuse_if_built_on(db, found)
        views.make(db, found.tables, adopt_as)
        self._indexes = [step for table in found.tables for step in indexes.steps(db, table)]
        self._grants = grants.find(db, found)
        return report.steps(db, found, self._grants, self._indexes, also)

    def members(self) -> list[Member]:
        """List the roles that have loaded or read so far, to become members of our groups."""
        return grants.members(self._db, self._survey)

    @property
    def feeds(self) -> set[str]:
        """The names of the feeds whose tables are adopted."""
        return {table.feed.name for table in self._survey.tables if table.feed}

    def set_aside(self) -> None:
        """Move the old objects to their own schema."""
        self._db.execute(f"CREATE SCHEMA {ASIDE}")
        for name in self._survey.relations.values():
            self._db.execute(f"ALTER TABLE {name} SET SCHEMA {ASIDE}")
        for function in self._survey.functions:
            self._db.execute(f"ALTER ROUTINE {function.label} SET SCHEMA {ASIDE}")

    def carry_over(self) -> list[Step]:
        """Fill the new tables, restore indexes and grants, drop the old objects; return steps not planned before."""
        # The gazetteers first: the trigger on tickets reads them.
        tables = sorted(self._survey.tables, key=lambda table: table.feed is not None)
        done = [step for table in tables for step in self._carry_table(table)]
        apply(self._db, (step for step in self._indexes if step.sql))
        done += grants.restore(self._db, self._grants)
        self._db.execute(f"DROP SCHEMA {ASIDE} CASCADE")
        return done

    def capture(self) -> None:
        """Capture history as after every run, so that closures of the next load count in that day's flow."""
        for feed in sorted(self.feeds):
            self._db.execute("SELECT tickets.capture_history(%s, now())", [feed])

    def _carry_table(self, table: Table) -> Iterator[Step]:
        if table.feed:
            rows.keep_known_places(self._db, table, table.feed)
        rows.carry(self._db, table)
        if lost := rows.keep_leftovers(self._db, table):
            yield report.copied(table, lost, "the gazetteers have another place, or none")
