"""One load: compare, filter, normalise and upsert an export in one transaction. A run and a replay share it."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from fleetfeed.database.load import diff
from fleetfeed.errors import CommitUnanswered, FleetfeedError
from fleetfeed.hookspecs import hooks_of
from fleetfeed.model import SENTINEL, Changes, LastLoad, RunReport
from fleetfeed.pipeline import checks, recorder, statuses
from fleetfeed.pipeline.transform import Tickets
from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.reader.export import Export


class Load(Protocol):
    """The parts of a load that differ between a run and a replay."""

    @property
    def feed(self) -> Feed:
        """The feed whose table is loaded."""

    @property
    def manager(self) -> pluggy.PluginManager:
        """The plugins to call."""

    @property
    def report(self) -> RunReport:
        """The report to fill in."""

    def compare(self, db: Database, export: Export) -> LastLoad | None:
        """Compare the export with the table, and return the last load."""

    def check(self, export: Export) -> None:
        """Check what was written, before it is committed. Raises ExportRefused."""

    def record(self, db: Database) -> None:
        """Record the load, inside its transaction."""


def count_read(report: RunReport, export: Export) -> None:
    """Count what the reader found."""
    report.rows.read, report.header = export.read, export.spool.header_text
    report.unknown_columns = export.unknown_columns
    report.rows.rejected.update(reject.reason for reject in export.rejects)
    if export.sentinels_too_short:
        report.rows.dropped[SENTINEL] += export.sentinels_too_short


def load(what: Load, db: Database, export: Export) -> None:
    """Load an export in one transaction. Any error rolls it back, and a dry run is always rolled back."""
    report = what.report
    with db.transaction(keep=report.applied):
        if report.applied:
            recorder.record_start(db, report)
        else:  # all counts of a dry run come from one snapshot, even if another run commits meanwhile
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        last = what.compare(db, export)
        start = perf_counter()
        known = (last and last.statuses) or diff.stored_statuses(db, what.feed)
        tickets = Tickets(what.feed, what.manager, export, report)
        upsert = hooks_of(what.manager).feed_upsert
        changes = upsert(feed=what.feed, tickets=tickets, export=export, run=report, db=db)
        _count_written(report, export, changes or Changes())
        statuses.judge(report, what.feed, known, last.new_statuses if last else ())
        report.timings["upsert"] = round(perf_counter() - start - report.timings.get("normalise", 0), 3)
        checks.check_balance(report)
        what.check(export)
        report.outcome = RunOutcome.LOADED
        if report.applied:
            what.record(db)
        report.committing = report.applied
    report.committed = report.applied


def _count_written(report: RunReport, export: Export, changes: Changes) -> None:
    rows, report.changes = report.rows, changes
    rows.superseded = export.superseded + changes.superseded
    rows.inserted, rows.updated = changes.inserted, changes.updated
    rows.unchanged = export.unchanged + changes.unchanged
    rows.absent, rows.returned = changes.absent, changes.returned


def fail(report: RunReport, error: FleetfeedError) -> bool:
    """Put the error of a load into its report, and return whether the load was rolled back."""
    report.error = error
    if report.committed:  # the error came after the load, which stays
        return False
    report.outcome = RunOutcome.FAILED
    if isinstance(error, CommitUnanswered):
        mark_unknown(report, error)
        return False
    report.rows.forget_writes()
    report.changes = Changes()
    return True


def mark_unknown(report: RunReport, error: CommitUnanswered) -> None:
    """Mark the outcome of a load as unknown, as COMMIT was not acknowledged; the counts stay."""
    report.error, report.outcome = error, RunOutcome.FAILED
    error.next_step = f"Run again: the ledger knows, and nothing is written twice. (This was run {report.run_id}.)"
