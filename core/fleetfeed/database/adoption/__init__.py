"""Adopting the database of the earlier program: found by the catalogue, told, and done in one transaction.

The old objects move into a schema of their own, the contract's are made as in an empty database, the rows are carried
over, and the old objects are dropped. So it matters little how the old ones looked: only names of columns are known.
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
from fleetfeed.database.schema.lock_retry import shortly
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.roles import Member
from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed

ASIDE = "as_built"


def find(db: Database, migrations: Path, feeds: Iterable[Feed], owners: Owners, *, core: bool) -> Adoption | None:
    """Look for what is to be adopted; `core` says that the core's own objects are not there yet."""
    look = partial(survey, db, migrations, list(feeds), owners, core=core)
    found = look()
    return Adoption(db, look, found) if found else None


class Adoption:
    """Carry one database over; `lock`, `set_aside`, then the ordinary migration, then `carry_over`."""

    def __init__(self, db: Database, look: Callable[[], Survey | None], found: Survey) -> None:
        self._db, self._look = db, look
        self._survey = self._told = found
        self._take_in(found)

    def steps(self, also: list[Step]) -> list[Step]:
        """List all that is going to happen, and `also` that. Raises DatabaseError where others stand in the way."""
        self._told = self._survey
        return report.steps(self._db, self._survey, self._shapes, also)

    def members(self) -> list[Member]:
        """List the roles that loaded or read so far, and have to go on."""
        return grants.members(self._db, self._survey)

    @property
    def feeds(self) -> set[str]:
        """Names of the feeds whose tables are adopted."""
        return {table.feed.name for table in self._survey.tables if table.feed}

    def lock(self) -> bool:
        """Keep everybody out to the end of the transaction; tell whether `steps` would say something else by now.

        All is locked within the time that nobody takes for a deadlock; else it is given up, and tried again later.
        """
        locked, deadline = set[str](), monotonic() + shortly(self._db)
        while names := [name for name in self._survey.locked if name not in locked]:
            for name in names:
                # Half of what is left: the lock on a view waits for its tables, too.
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
        self._take_in(self._survey)
        return self._survey != self._told

    def set_aside(self) -> None:
        """Move the old objects out of the way."""
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
        """Fill the new tables, restore what belongs to them, and drop the old ones; tell what only shows now."""
        db = self._db
        # The gazetteers go first: the trigger of the tickets looks into them.
        tables = sorted(self._survey.tables, key=lambda table: table.feed is not None)
        places.make_keys(db, tables, ASIDE)
        report.find_owners(db, self._survey, self._shapes, ASIDE)
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
        left_out = rows.find_left_out(db, table, known, ASIDE)
        places.keep_known_places(db, table, ASIDE)
        carried = rows.carry(db, table, known, ASIDE)
        total = db.one(f"SELECT count(*) FROM {ASIDE}.{quoted(table.name)}")
        if carried + left_out != total:
            raise DatabaseError(
                f"Of {total:,} rows of tickets.{table.name} only {carried:,} could be carried over.",
                next_step="This is a fault of fleetfeed: please report it, with what `fleetfeed migrate --plan` says.",
            )
        kept = rows.keep_homeless(db, table, known, ASIDE, *lost)
        if lost and (moved := kept - rows.count_homeless(db, table, known, ASIDE)):
            yield report.copied(table, moved, "the gazetteers say another place, or none")
        for column, count in rows.read_otherwise(db, table, ASIDE).items() if table.feed else ():
            yield report.read_otherwise(table, column, count)

    def _take_in(self, found: Survey) -> None:
        """Make sense of what was found. Raises DatabaseError where there is none."""
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
        """Name the schema of PostGIS, which may not be there yet."""
        found = self._db.one(
            "SELECT quote_ident(nspname) FROM pg_catalog.pg_extension JOIN pg_catalog.pg_namespace n "
            "ON n.oid = extnamespace WHERE extname = 'postgis'"
        )
        return str(found or "public")
