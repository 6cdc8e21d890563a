"""Checks whether an export can be loaded next, and whether it counts as complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.load import diff
from fleetfeed.errors import ExportRefused
from fleetfeed.model import Ledger, RunReport, is_plausible
from fleetfeed.pipeline import checks
from fleetfeed.pipeline.load import count_read
from fleetfeed.pipeline.missing_columns import refusal
from fleetfeed.reader import completeness
from fleetfeed.states import RunOutcome
from fleetfeed.text.escape import counted

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.pipeline.job import Job
    from fleetfeed.reader.export import Export


MANY = 100_000  # records; a smaller first load finishes within the deadline


def date_export(report: RunReport, ledger: Ledger) -> None:
    """Set when the export was written; a time in the future counts as now."""
    if report.snapshot is None:
        return
    stored = report.snapshot.stored
    if is_plausible(stored.last_modified, ledger.now):
        report.written = stored.last_modified
        return
    report.written = ledger.now
    listed = f"the store says that {stored.key} was written on {stored.last_modified:%Y-%m-%d}, which is in the future"
    report.warnings.append(f"{listed}: its time is ignored: it is dated now, and loaded before all others")


def accept(job: Job, report: RunReport, export: Export, ledger: Ledger, db: Database) -> None:
    """Put what the reader found into the report. Raises ExportRefused for an export that must not be loaded."""
    count_read(report, export)
    report.truncated = export.truncated
    report.missing = [name for name in completeness.role_columns(job.feed) if name not in export.spool.header]
    report.rejects = list(export.rejects)
    if export.spool.preamble:
        many = export.spool.preamble
        lines = f"{many:,} lines before the header were" if many > 1 else "a line before the header was"
        report.warnings.append(f"{lines} left out")
    if export.spool.nuls:
        report.warnings.append(f"{counted(export.spool.nuls, 'NUL character', 'was/were')} taken out of the export")
    absent_columns = completeness.missing_columns(job.feed, export.spool.header, ledger.last)
    if absent_columns and not job.accept_incomplete:
        raise refusal(job.feed, absent_columns, export, db)
    checks.check_rejects(report, job.max_reject_ratio)
    report.warnings += export.future
    _judge_end(job, report, export, ledger)
    if (newest := export.newest) is not None:
        report.newest = newest
    if job.first_load and export.read >= MANY and diff.is_empty(db, job.feed):
        job.first_load(export.read)
    if ledger.last and not job.allow_older:
        if job.pieces:
            checks.check_written_order(report.written, ledger.last.written)
            report.keeps_newer = bool(job.feed.winner)
            report.warnings += _rewritten_piece(report, ledger)
        elif job.feed.winner and ledger.last.newest and is_plausible(ledger.last.newest, ledger.now):
            checks.check_newest_order(report.newest, ledger.last.newest, job.feed.winner[0])


def _rewritten_piece(report: RunReport, ledger: Ledger) -> Iterator[str]:
    """Warn of a piece that was rewritten with a later time, if no `winner` decides which change is newer."""
    if report.keeps_newer or report.snapshot is None or ledger.last is None or ledger.last.written is None:
        return
    stored, loaded = report.snapshot.stored, ledger.last.written
    times = [item.last_modified for item in ledger.unread if item.key == stored.key]
    if missed := [time for time in times if time < min(loaded, stored.last_modified)]:
        since = f"{max(missed):%Y-%m-%d %H:%M:%S} UTC"
        yield (
            f"{stored.key} was there at {since}, but was not loaded then; it is loaded after pieces that were written "
            "later, and may undo their changes: the feed declares no `winner`"
        )


def _judge_end(job: Job, report: RunReport, export: Export, ledger: Ledger) -> None:
    """Hold an export that is cut off as truncated, and limit how many open tickets may be missing from it."""
    before = ledger.last.line_end if ledger.last else None
    report.line_end = completeness.line_end(export.spool.path)
    export.incomplete = job.pieces
    if job.accept_incomplete:
        return
    export.absent_ratio, export.absent_floor = job.max_absent_ratio, checks.MANY_ABSENT
    if cut := completeness.ends_inside(export, before):
        if job.pieces:  # no later one would bring what this one lacks
            raise ExportRefused(f"it is cut off: {cut}", f"Let the exporter write it again, or {completeness.ACCEPT}.")
        report.line_end = before  # later exports should end like the earlier ones
        export.incomplete = True
        _hold(report, cut)


def _hold(report: RunReport, why: str) -> None:
    report.truncated, report.held = True, why
    report.warnings.append(f"held as truncated: {why}; no ticket becomes absent; {completeness.ACCEPT}")


def repeat_held(report: RunReport, ledger: Ledger) -> None:
    """Repeat the warning that the loaded export is held as truncated."""
    if report.outcome is RunOutcome.UNCHANGED and ledger.last and ledger.last.held:
        report.held = ledger.last.held
        report.warnings.append(f"the loaded export is held as truncated: {report.held}; {completeness.ACCEPT}")


def hold_if_absent(job: Job, report: RunReport, export: Export) -> None:
    """Hold an export as truncated if too many open tickets are missing from it."""
    if export.misses_too_many:
        missed = f"{export.missed:,} of {export.open:,} open tickets are not listed"
        _hold(report, f"{missed}, more than max_absent_ratio = {job.max_absent_ratio:g} allows")
