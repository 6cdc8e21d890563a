"""run(): source, load, archive, history. In the load, upsert pulls the rows through filter and normalise (load.py)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.database.load import diff
from fleetfeed.database.lock import feed_lock
from fleetfeed.errors import BucketError, ExportRefused, as_expected
from fleetfeed.hookspecs import hooks_of
from fleetfeed.interfaces import Bucket
from fleetfeed.model import LastLoad, Ledger, RunReport, Snapshot
from fleetfeed.pipeline import acceptance, checks, recorder, statuses
from fleetfeed.pipeline.job import Job, timed
from fleetfeed.pipeline.load import fail, load
from fleetfeed.plugins import listeners
from fleetfeed.reader import completeness
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output
from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.hookspecs import Hooks
    from fleetfeed.reader.export import Export

PATIENCE = 3.0  # seconds to wait for the feed's lock, which geocoding takes briefly to write places


def run(job: Job, db: Database, report: RunReport | None = None) -> RunReport:
    """Run a feed once: source, filter, normalise, upsert, archive, history. Errors are in the report.

    A caller that may interrupt the run passes the report, to see afterwards how far the run came.
    """
    report = report or RunReport(job.feed.name, job.apply, datetime.now(UTC))
    with plugin_output():
        _run(job, db, report)
    return report


def _run(job: Job, db: Database, report: RunReport) -> None:
    try:
        if not job.apply:  # without the lock: a dry run must not block the scheduled run
            _stages(job, db, report)
            return
        with feed_lock(db, job.feed.name, PATIENCE) as holder:
            if holder:
                report.outcome, report.holder = RunOutcome.BUSY, holder
                recorder.record_busy(db, report)
            else:
                _stages(job, db, report)
    except Exception as error:  # noqa: BLE001 (an error of a plugin must not stop the other feeds)
        _fail(job, db, report, error)


def _fail(job: Job, db: Database, report: RunReport, error: Exception) -> None:
    if not fail(report, as_expected(error)):
        return
    report.superseded_exports = []
    if isinstance(error, ExportRefused):
        report.outcome, report.snapshot = RunOutcome.REFUSED, report.snapshot or error.snapshot
    if job.apply:
        recorder.record_failed(db, report, in_ledger=job.in_ledger)


def _stages(job: Job, db: Database, report: RunReport) -> None:
    hooks = hooks_of(job.manager)
    report.pieces, report.archive_copies = job.pieces, job.archive_copies
    with scratch() as folder:
        ledger = recorder.read_ledger(db, job.feed, folder, accept=job.accept_incomplete, pieces=job.pieces)
        snapshot = None
        while True:
            try:
                _attempt(job, db, report, hooks, ledger, snapshot)
                break
            except ExportRefused as error:
                ledger, snapshot = _older_export(job, report, hooks, ledger, error)
                _restart(job, db, report, error)
    if not job.apply:
        return
    if job.archive is not None:
        with timed(job, report, "archive"):
            _archive(job, job.archive, db, report, hooks)
    with timed(job, report, "history"):
        listeners.notify_history(job.manager, report, db, feed=job.feed)
    recorder.record_after_commit(db, report)


def _attempt(
    job: Job, db: Database, report: RunReport, hooks: Hooks, ledger: Ledger, snapshot: Snapshot | None
) -> None:
    """Load the given snapshot, or the one that the source stage finds."""
    with timed(job, report, "source"):
        snapshot = snapshot or hooks.feed_source(feed=job.feed, bucket=job.bucket, ledger=ledger)
        report.snapshot = snapshot
        acceptance.date_export(report, ledger)
    if snapshot is not None and snapshot.path is not None:
        _load(job, db, report, snapshot.path, ledger)
        return
    report.outcome = RunOutcome.EMPTY if snapshot is None else RunOutcome.UNCHANGED
    acceptance.repeat_held(report, ledger)
    if job.apply:
        before = ledger.last.new_statuses if ledger.last else frozenset[str]()
        report.new_statuses = statuses.unexplained(job.feed, before)
        recorder.record_unchanged(db, report, in_ledger=job.in_ledger, explained=bool(before))
        report.committed = True


def _older_export(
    job: Job, report: RunReport, hooks: Hooks, ledger: Ledger, error: ExportRefused
) -> tuple[Ledger, Snapshot]:
    """Find an unread export that is older than a refused one. Raises the refusal if there is none."""
    report.snapshot = report.snapshot or error.snapshot
    if report.snapshot is None:
        raise error
    passed = replace(ledger, passed=ledger.passed | {report.snapshot.stored})
    try:
        other = hooks.feed_source(feed=job.feed, bucket=job.bucket, ledger=passed)
    except (BucketError, ExportRefused):  # left to the next run
        other = None
    if other is None or other.path is None or other.stored in passed.passed:
        raise error
    return passed, other


def _restart(job: Job, db: Database, report: RunReport, error: ExportRefused) -> None:
    """Record the refusal as a run of its own, and reset the report for the older export."""
    stored = report.snapshot.stored if report.snapshot else None
    report.error, report.outcome = error, RunOutcome.REFUSED
    if job.apply:
        report.rows.forget_writes()
        recorder.record_failed(db, report, in_ledger=job.in_ledger)
    fresh = RunReport(report.feed, report.applied, report.started_at, timings=report.timings)
    fresh.pieces, fresh.archive_copies = report.pieces, report.archive_copies
    fresh.refused = report.refused or error
    warning = f"{stored.key} is newer, but refused: {error.why}" if stored else str(error)
    fresh.warnings = [*(text for text in report.warnings if report.refused), warning]
    for item in fields(fresh):
        setattr(report, item.name, getattr(fresh, item.name))


def _archive(job: Job, archive: Bucket, db: Database, report: RunReport, hooks: Hooks) -> None:
    """Move exports to the archive; a failure is a warning, as the load is committed and the next run tries again."""
    try:
        moved = hooks.feed_archive(feed=job.feed, bucket=job.bucket, archive=archive, run=report, db=db)
        report.archived = moved or []
    except Exception as error:  # noqa: BLE001 (a plugin's own archive may fail in any way)
        report.warnings.append(f"the load is committed, but not all could be archived: {listeners.cause(error)}")


@dataclass(slots=True)
class _ExportLoad:
    """Load an export of the bucket."""

    job: Job
    report: RunReport
    ledger: Ledger
    known: Path  # the file for the table's keys and digests, for the comparison
    start: float  # perf_counter when reading began

    @property
    def feed(self) -> Feed:
        return self.job.feed

    @property
    def manager(self) -> pluggy.PluginManager:
        return self.job.manager

    def compare(self, db: Database, export: Export) -> LastLoad | None:
        last = self.ledger.last
        digests = last is not None and last.fingerprint == self.feed.fingerprint
        diff.write_known_tickets(db, self.feed, self.known, digests=digests)
        export.compare(self.known)
        self.report.timings["read"] = round(perf_counter() - self.start, 3)
        return last

    def check(self, export: Export) -> None:
        job, report = self.job, self.report
        if job.progress:
            job.progress(report, "upsert")
        acceptance.hold_if_absent(job, report, export)
        checks.check_rejects(report, job.max_reject_ratio)
        checks.check_accepted(report)
        if not job.accept_incomplete:
            checks.check_readable(report, job.feed)
            completeness.check_statuses(job.feed, report, export)

    def record(self, db: Database) -> None:
        recorder.record_load(db, self.report, self.feed, in_ledger=self.job.in_ledger)


def _load(job: Job, db: Database, report: RunReport, path: Path, ledger: Ledger) -> None:
    from fleetfeed.reader.export import opened  # imports DuckDB, which an unchanged export does not need

    start = perf_counter()
    with opened(job.feed, path, report.written, ledger.now) as export:
        acceptance.accept(job, report, export, ledger, db)
        load(_ExportLoad(job, report, ledger, path.with_suffix(".known"), start), db, export)
