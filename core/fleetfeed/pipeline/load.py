"""One load: compare, filter, normalise and upsert an export in one transaction. A run and a replay share it."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from fleetfeed.database.ledger import runs
from fleetfeed.database.load import diff
from fleetfeed.hookspecs import hooks_of
from fleetfeed.model import Changes, LastLoad
from fleetfeed.pipeline import checks, statuses
from fleetfeed.plugins.rules import rules
from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.pipeline.presence import Presence
    from fleetfeed.pipeline.reporter import Reporter


class Load(Protocol):
    """The parts of a load that differ between a run and a replay."""

    @property
    def feed(self) -> Feed:
        """The feed whose table is loaded."""

    @property
    def manager(self) -> pluggy.PluginManager:
        """The plugins to call."""

    @property
    def reporter(self) -> Reporter:
        """What assembles the report."""

    @property
    def withheld(self) -> int:
        """The number of records that were read, but are older than the row of their ticket."""

    def last(self, db: Database) -> LastLoad | None:
        """Return the last load."""

    def compare(self, db: Database) -> Presence:
        """Compare the export with the table, and return the tickets to write."""

    def check(self, presence: Presence) -> None:
        """Check what was written, before it is committed. Raises ExportRefused."""

    def record(self, db: Database) -> None:
        """Record the load, inside its transaction."""


def load(what: Load, db: Database) -> None:
    """Load an export in one transaction. Any error rolls it back, and a dry run is always rolled back."""
    reporter, applied = what.reporter, what.reporter.report.applied
    with db.transaction(keep=applied):
        if applied:
            by = rules(what.feed, what.manager)
            reporter.recorded(runs.begin_run(db, reporter.report, RunOutcome.LOADED, by))
        else:  # all counts of a dry run come from one snapshot, even if another run commits meanwhile
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        last = what.last(db)
        presence = what.compare(db)
        known = (last and last.statuses) or diff.stored_statuses(db, what.feed)
        changes = _upsert(what, db, presence)
        reporter.found_statuses(statuses.find(changes, what.feed, known, last.new_statuses if last else ()))
        checks.check_balance(reporter.report)
        what.check(presence)
        reporter.loaded()
        if applied:
            what.record(db)
            reporter.committing()
    if applied:
        reporter.committed()


def _upsert(what: Load, db: Database, presence: Presence) -> Changes:
    """Pull the rows through filter, normalise and upsert."""
    reporter, start = what.reporter, perf_counter()
    upsert = hooks_of(what.manager).feed_upsert
    try:
        changes = upsert(feed=what.feed, tickets=presence.tickets, export=presence, run=reporter.report, db=db)
    finally:  # what was read is reported, even if the load fails
        reporter.transformed(presence)
    changes = changes or Changes()
    reporter.upserted(changes, presence, what.withheld)
    timings = reporter.report.timings
    timings["upsert"] = round(perf_counter() - start - timings.get("normalise", 0), 3)
    return changes
