"""Adopts the database of the earlier program, in one transaction.

The old objects move to a schema of their own, the contract's are made as in an empty database, the rows are copied, and
the old objects are dropped. Of the old objects only the names of columns need to be known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic

from fleetfeed.database.adoption import grants, indexes, places, report, rows
from fleetfeed.database.adoption.inventory import Survey, Table, survey
from fleetfeed.database.adoption.mapping import Shape, shape
from fleetfeed.database.adoption.owners import Owners
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.lock_retry import short_timeout
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.roles import Member
from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed

ASIDE = "as_built"


def find(db: Database, migrations: Path, feeds: Iterable[Feed], owners: Owners, *, core: bool) -> Adoption | None:
    """Find what has to be adopted, if anything; `core`: the core's own objects do not exist yet."""
    look = partial(survey, db, migrations, list(feeds), owners, core=core)
    found = look()
    return Adoption(db, look, found) if found else None


class Adoption:
    """Adopt one database; call `lock`, `set_aside`, then the ordinary migration, then `carry_over`."""

    def __init__(self, db: Database, look: Callable[[], Survey | None], found: Survey) -> None:
        self._db, self._look = db, look
        self._survey = self._reported = found
        self._map_tables(found)

    def steps(self, also: list[Step]) -> list[Step]:
        """List all steps, including `also`. Raises DatabaseError if objects of others depend on the old ones."""
        self._reported = self._survey
        return report.steps(self._db, self._survey, self._shapes, also)

    def members(self) -> list[Member]:
        """List the roles that have loaded or read so far, to become members of our groups."""
        return grants.members(self._db, self._survey)

    @property
    def feeds(self) -> set[str]:
        """The names of the feeds whose tables are adopted."""
        return {table.feed.name for table in self._survey.tables if table.feed}

    def lock(self) -> bool:
        """Lock everything until the end of the transaction; return whether `steps` would now return something else.

        All locks are taken within less than the deadlock timeout, or it fails, to be retried.
        """
        locked, deadline = set[str](), monotonic() + short_timeout(self._db)
        while names := [name for name in self._survey.locked if name not in locked]:
            for name in names:
                # Half of the remaining time: locking a view locks its tables, too.
                left = max(1, round((deadline - monotonic()) * 500))
                self._db.execute(f"SET LOCAL lock_timeout = '{left}ms'")
                self._db.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
            locked |= {*names}
            found = self._look()
            if found is None:
                raise DatabaseError(
                    "What was to be adopted has gone meanwhile.", next_step="Run `fleetfeed migrate` again."
                )
            self._survey = found
        self._db.execute("SET LOCAL lock_timeout = '5s'")
        self._map_tables(self._survey)
        return self._survey != self._reported

    def set_aside(self) -> None:
        """Move the old objects to their own schema."""
        db = self._db
        report.refuse_if_built_on(db, self._survey)
        self._grants, _ = grants.find(db, self._survey)
        self._indexes = indexes.find(db, self._survey)
        for trigger in self._survey.triggers:
            if not trigger.on_adopted:
                db.execute(f"DROP TRIGGER {quoted(trigger.name)} ON tickets.{quoted(trigger.table)}")
        db.execute(f"CREATE SCHEMA {ASIDE}")
        for name in self._survey.relations.values():
            db.execute(f"ALTER TABLE {name} SET SCHEMA {ASIDE}")
        for function in self._survey.functions:
            db.execute(f"ALTER ROUTINE {function.signature} SET SCHEMA {ASIDE}")

    def carry_over(self) -> list[Step]:
        """Fill the new tables, restore indexes and grants, drop the old objects; return steps not planned before."""
        db = self._db
        # The gazetteers first: the trigger on tickets reads them.
        tables = sorted(self._survey.tables, key=lambda table: table.feed is not None)
        places.make_keys(db, tables, ASIDE)
        report.find_owners(db, self._survey, self._shapes, ASIDE)
        done = [step for table in tables for step in self._carry_table(table)]
        indexes.restore(db, self._indexes)
        done += grants.restore(db, self._grants)
        db.execute(f"DROP SCHEMA {ASIDE} CASCADE")
        return done

    def capture(self) -> None:
        """Capture history as after every run, so that closures of the next load count in that day's flow."""
        for feed in sorted(self.feeds):
            self._db.execute("SELECT tickets.capture_history(%s, now())", [feed])

    def _carry_table(self, table: Table) -> Iterator[Step]:
        db, known, lost = self._db, self._shapes[table.name], places.lost_place(table)
        left_out = rows.find_left_out(db, table, known, ASIDE)
        places.keep_known_places(db, table, ASIDE)
        carried = rows.carry(db, table, known, ASIDE)
        total = db.one(f"SELECT count(*) FROM {ASIDE}.{quoted(table.name)}")
        if carried + left_out != total:
            raise DatabaseError(
                f"Of {total:,} rows of tickets.{table.name} only {carried:,} could be copied.",
                next_step="This is a bug in fleetfeed: report it with the output of `fleetfeed migrate --plan`.",
            )
        kept = rows.keep_leftovers(db, table, known, ASIDE, *lost)
        if lost and (moved := kept - rows.count_leftovers(db, table, known, ASIDE)):
            yield report.copied(table, moved, "the gazetteers have another place, or none")
        for column, count in rows.read_otherwise(db, table, ASIDE).items() if table.feed else ():
            yield report.read_otherwise(table, column, count)

    def _map_tables(self, found: Survey) -> None:
        """Map the tables found to the contract's. Raises DatabaseError if that is not possible."""
        self._survey, self._shapes = found, dict[str, Shape]()
        if self._db.one("SELECT to_regnamespace(%s) IS NOT NULL", [ASIDE]):
            raise DatabaseError(
                f"There is a schema {ASIDE}, the name under which the old objects are put aside for a moment.",
                next_step=f"Rename it (ALTER SCHEMA {ASIDE} RENAME TO …), then run `fleetfeed migrate` again.",
            )
        for table in found.tables:
            known = shape(table, self._postgis())
            if known is None:
                raise DatabaseError(
                    f"tickets.{table.name} is there already, and is no table of the earlier program.",
                    next_step="Rename it or move it to another schema, then run again.",
                )
            self._shapes[table.name] = known
            if table.feed and (wrong := rows.unkeyed(self._db, table)):
                raise DatabaseError(
                    f"tickets.{table.name} has rows that are no tickets: {'; '.join(wrong)}.",
                    next_step="Correct or delete them (a row is known by ticket_id, or else by ctid), then run "
                    "`fleetfeed migrate` again.",
                )

    def _postgis(self) -> str:
        """Return the schema of PostGIS, which may not be installed yet."""
        found = self._db.one(
            "SELECT quote_ident(nspname) FROM pg_catalog.pg_extension JOIN pg_catalog.pg_namespace n "
            "ON n.oid = extnamespace WHERE extname = 'postgis'"
        )
        return str(found or "public")
