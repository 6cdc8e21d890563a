"""run(): source, load, archive, history. In the load, upsert pulls the rows through filter and normalise (load.py)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fleetfeed.database.lock import PATIENCE, feed_lock
from fleetfeed.errors import BucketError, ExportRefused, as_expected
from fleetfeed.hookspecs import hooks_of
from fleetfeed.interfaces import Bucket
from fleetfeed.model import Ledger, RunReport, Snapshot
from fleetfeed.pipeline import acceptance, recorder, statuses
from fleetfeed.pipeline.job import Job
from fleetfeed.pipeline.reporter import Reporter
from fleetfeed.plugins import listeners
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.hookspecs import Hooks


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
        from fleetfeed.pipeline.apply import load_export  # an unchanged run does without it

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
