"""run(): source, load, archive, history. In the load, upsert pulls the rows through filter and normalise (load.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.database.load import diff
from fleetfeed.database.lock import PATIENCE, feed_lock
from fleetfeed.errors import BucketError, ExportRefused, as_expected
from fleetfeed.hookspecs import hooks_of
from fleetfeed.interfaces import Bucket
from fleetfeed.model import LastLoad, Ledger, RunReport, Snapshot
from fleetfeed.pipeline import acceptance, checks, recorder, statuses
from fleetfeed.pipeline.job import Job
from fleetfeed.pipeline.load import load
from fleetfeed.pipeline.presence import Presence
from fleetfeed.pipeline.reporter import Reporter
from fleetfeed.pipeline.transform import Tickets
from fleetfeed.plugins import listeners
from fleetfeed.reader import completeness
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.hookspecs import Hooks
    from fleetfeed.reader.export import Export


def run(job: Job, db: Database, reporter: Reporter | None = None) -> RunReport:
    """Run a feed once: source, filter, normalise, upsert, archive, history. Errors are in the report.

    A caller that may interrupt the run passes a reporter, to see afterwards how far the run came.
    """
    reporter = reporter or Reporter(job.feed.name, apply=job.apply)
    with plugin_output():
        _run(job, db, reporter)
    return reporter.report


def _run(job: Job, db: Database, reporter: Reporter) -> None:
    try:
        if not job.apply:  # without the lock: a dry run must not block the scheduled run
            _stages(job, db, reporter)
            return
        with feed_lock(db, job.feed.name, PATIENCE) as holder:
            if holder:
                reporter.busy(holder)
                recorder.record_busy(db, reporter)
            else:
                _stages(job, db, reporter)
    except Exception as error:  # noqa: BLE001 (an error of a plugin must not stop the other feeds)
        _fail(job, db, reporter, error)


def _fail(job: Job, db: Database, reporter: Reporter, error: Exception) -> None:
    rolled_back = reporter.refused(error) if isinstance(error, ExportRefused) else reporter.failed(as_expected(error))
    if rolled_back and job.apply:
        recorder.record_failed(db, reporter, in_ledger=job.in_ledger)


def _stages(job: Job, db: Database, reporter: Reporter) -> None:
    hooks = hooks_of(job.manager)
    reporter.begin(pieces=job.pieces, archive_copies=job.archive_copies)
    with scratch() as folder:
        ledger = recorder.read_ledger(db, job.feed, folder, accept=job.accept_incomplete, pieces=job.pieces)
        ledger = replace(ledger, each=job.each)
        snapshot = None
        while True:
            try:
                _attempt(job, db, reporter, hooks, ledger, snapshot)
                break
            except ExportRefused as error:
                refused = reporter.report.snapshot or error.snapshot
                ledger, snapshot = _older_export(job, refused, hooks, ledger, error)
                _fail(job, db, reporter, error)
                reporter.start_over(error)
    if not job.apply:
        return
    if job.archive is not None:
        with reporter.timed("archive"):
            _archive(job, job.archive, db, reporter, hooks)
    with reporter.timed("history"):
        reporter.captured(history=listeners.notify_history(job.manager, reporter.report, db, feed=job.feed))
    recorder.record_after_commit(db, reporter)


def _attempt(
    job: Job, db: Database, reporter: Reporter, hooks: Hooks, ledger: Ledger, snapshot: Snapshot | None
) -> None:
    """Load the given snapshot, or the one that the source stage finds."""
    with reporter.timed("source"):
        snapshot = snapshot or hooks.feed_source(feed=job.feed, bucket=job.bucket, ledger=ledger)
        written, warnings = acceptance.date_export(snapshot, ledger.now)
        reporter.found(snapshot, written)
        reporter.warn(*warnings)
    if snapshot is not None and snapshot.path is not None:
        load_export(job, db, reporter, snapshot.path, ledger)
    else:
        _nothing_new(job, db, reporter, ledger)


def _nothing_new(job: Job, db: Database, reporter: Reporter, ledger: Ledger) -> None:
    before = ledger.last.new_statuses if ledger.last else frozenset[str]()
    reporter.nothing_new(statuses.unexplained(job.feed, before), acceptance.still_held(reporter.report, ledger))
    if job.apply:
        recorder.record_unchanged(db, reporter, in_ledger=job.in_ledger, explained=bool(before))


def _older_export(
    job: Job, refused: Snapshot | None, hooks: Hooks, ledger: Ledger, error: ExportRefused
) -> tuple[Ledger, Snapshot]:
    """Find an unread export that is older than a refused one. Raises the refusal if there is none."""
    if refused is None:
        raise error
    passed = replace(ledger, passed=ledger.passed | {refused.stored})
    try:
        other = hooks.feed_source(feed=job.feed, bucket=job.bucket, ledger=passed)
    except (BucketError, ExportRefused):  # left to the next run
        other = None
    if other is None or other.path is None or other.stored in passed.passed:
        raise error
    return passed, other


def _archive(job: Job, archive: Bucket, db: Database, reporter: Reporter, hooks: Hooks) -> None:
    """Move exports to the archive; a failure is a warning, as the load is committed and the next run tries again."""
    try:
        moved = hooks.feed_archive(feed=job.feed, bucket=job.bucket, archive=archive, run=reporter.report, db=db)
        reporter.archived(moved or [])
    except Exception as error:  # noqa: BLE001 (a plugin's own archive may fail in any way)
        reporter.warn(f"the load is committed, but not all could be archived: {listeners.cause(error)}")


@dataclass(frozen=True, slots=True)
class _ExportLoad:
    """Load an export of the bucket."""

    job: Job
    reporter: Reporter
    ledger: Ledger
    known: Path  # the file for the table's keys and digests, for the comparison
    start: float  # perf_counter when reading began
    withheld: int = 0

    @property
    def feed(self) -> Feed:
        return self.job.feed

    @property
    def manager(self) -> pluggy.PluginManager:
        return self.job.manager

    def last(self, db: Database) -> LastLoad | None:
        return self.ledger.last

    def compare(self, db: Database, export: Export) -> Presence:
        job, last = self.job, self.ledger.last
        diff.write_known_tickets(
            db, job.feed, self.known, digests=last is not None and last.fingerprint == job.feed.fingerprint
        )
        comparison = export.compare(self.known)
        self.reporter.report.timings["read"] = round(perf_counter() - self.start, 3)
        tickets = Tickets(job.feed, job.manager, export, comparison, compile_from=job.compile_from)
        complete = not (self.reporter.report.truncated or job.pieces)
        if job.accept_incomplete:
            return Presence(export, comparison, tickets, complete)
        return Presence(export, comparison, tickets, complete, job.max_absent_ratio, checks.MANY_ABSENT)

    def check(self, export: Export, presence: Presence) -> None:
        job, reporter = self.job, self.reporter
        reporter.done("upsert")
        reporter.hold(acceptance.misses(job, presence))
        checks.check_rejects(reporter.report, job.max_reject_ratio)
        checks.check_accepted(reporter.report)
        if not job.accept_incomplete:
            checks.check_readable(reporter.report, job.feed)
            completeness.check_statuses(job.feed, reporter.report, export)

    def record(self, db: Database) -> None:
        recorder.record_load(db, self.reporter, self.feed, in_ledger=self.job.in_ledger)


def load_export(job: Job, db: Database, reporter: Reporter, path: Path, ledger: Ledger) -> None:
    """Load the spooled export that the reporter has found. Raises ExportRefused."""
    from fleetfeed.reader.export import opened  # imports DuckDB, which an unchanged export does not need

    start = perf_counter()
    with opened(job.feed, path, reporter.report.written, ledger.now) as export:
        reporter.read(export)
        reporter.looked_at(acceptance.look_at(job.feed, export))
        acceptance.check_content(job, reporter.report, export, ledger, db)
        reporter.ended(acceptance.end_of(job, export, ledger))
        acceptance.announce_large(job, export, db)
        acceptance.check_order(job, reporter.report, ledger)
        warnings = acceptance.rewritten_piece(job, reporter.report, ledger)
        reporter.accepted(warnings, keeps_newer=acceptance.keeps_newer(job, ledger))
        load(_ExportLoad(job, reporter, ledger, path.with_suffix(".known"), start), db, export)
