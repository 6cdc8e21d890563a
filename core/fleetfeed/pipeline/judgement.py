"""What a run makes of an export: whether it can be the next one, and whether it is the whole truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.load import diff
from fleetfeed.errors import ExportRefused
from fleetfeed.model import Ledger, RunReport, is_plausible
from fleetfeed.pipeline import checks
from fleetfeed.reader import completeness
from fleetfeed.text.escape import counted

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.pipeline.job import Job
    from fleetfeed.reader.export import Export


MANY = 100_000  # records: a first load of fewer is done in time


def believe(report: RunReport, ledger: Ledger) -> None:
    """Note when the export was written; one that claims to be of the future counts as written now."""
    if report.snapshot is None:
        return
    stored = report.snapshot.stored
    if is_plausible(stored.last_modified, ledger.now):
        report.written = stored.last_modified
        return
    report.written = ledger.now
    told = f"the store says that {stored.key} was written on {stored.last_modified:%Y-%m-%d}, which is in the future"
    report.warnings.append(f"{told}: it counts as written now, and as older than every other export")


def take_in(job: Job, report: RunReport, export: Export, ledger: Ledger, db: Database) -> None:
    """Note what the reader found, and refuse an export that cannot be the next one."""
    report.truncated, report.unknown_columns = export.truncated, export.unknown_columns
    report.rows.read, report.header = export.read, export.spool.header_text
    report.missing = [name for name in completeness.role_columns(job.feed) if name not in export.spool.header]
    report.rejects = list(export.rejects)
    report.rows.rejected.update(reject.reason for reject in export.rejects)
    if export.sentinels_too_short:
        report.rows.dropped["sentinel"] += export.sentinels_too_short
    if export.spool.preamble:
        many = export.spool.preamble
        lines = f"{many:,} lines before the header were" if many > 1 else "a line before the header was"
        report.warnings.append(f"{lines} left out")
    if export.spool.nuls:
        report.warnings.append(f"{counted(export.spool.nuls, 'NUL character', 'was/were')} taken out of the export")
    lacking = completeness.lacking(job.feed, export.spool.header, ledger.last)
    if lacking and not job.accept_incomplete:
        raise completeness.refusal(job.feed, lacking, export, db)
    checks.check_rejects(report, job.max_reject_ratio)
    report.warnings += export.future
    _judge_end(job, report, export, ledger)
    if (newest := export.newest) is not None:
        report.newest = newest
    if job.first_load and export.read >= MANY and diff.is_empty(db, job.feed):
        job.first_load(export.read)
    if ledger.last and not job.allow_older:
        if job.pieces:
            checks.check_place(report.written, ledger.last.written)
            report.keeps_newer = bool(job.feed.winner)
            report.warnings += _comes_again(report, ledger)
        elif job.feed.winner and ledger.last.newest and is_plausible(ledger.last.newest, ledger.now):
            checks.check_order(report.newest, ledger.last.newest, job.feed.winner[0])


def _comes_again(report: RunReport, ledger: Ledger) -> Iterator[str]:
    """Warn of a piece that was mended under a later time, where no `winner` tells which change is newer."""
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
    """Hold an export that was cut short as truncated, and let it miss no more open tickets than it may."""
    before = ledger.last.line_end if ledger.last else None
    report.line_end = completeness.line_end(export.spool.path)
    export.incomplete = job.pieces
    if job.accept_incomplete:
        return
    export.absent_ratio, export.absent_floor = job.max_absent_ratio, checks.MANY_ABSENT
    if cut := completeness.ends_inside(export, before):
        if job.pieces:  # no later one would bring what this one lacks
            raise ExportRefused(f"it is cut off: {cut}", f"Let the exporter write it again, or {completeness.ACCEPT}.")
        report.line_end = before  # the next one is expected to end as those before
        export.incomplete = True
        _hold(report, cut)


def _hold(report: RunReport, why: str) -> None:
    report.truncated, report.held = True, why
    report.warnings.append(f"held as truncated: {why}; no ticket becomes absent; {completeness.ACCEPT}")


def recall_held(report: RunReport, ledger: Ledger) -> None:
    """Say again that what is loaded is held as truncated."""
    if report.outcome == "unchanged" and ledger.last and ledger.last.held:
        report.held = ledger.last.held
        report.warnings.append(f"what is loaded is held as truncated: {report.held}; {completeness.ACCEPT}")


def settle(job: Job, report: RunReport, export: Export) -> None:
    """Count what the upsert did, and hold an export that misses too many open tickets."""
    rows, changes = report.rows, report.changes
    if export.misses_too_many:
        missed = f"{export.missed:,} of {export.open:,} open tickets are not listed"
        _hold(report, f"{missed}, more than max_absent_ratio = {job.max_absent_ratio:g} allows")
    rows.superseded = export.superseded + changes.superseded
    rows.inserted, rows.updated = changes.inserted, changes.updated
    rows.unchanged = export.unchanged + changes.unchanged
    rows.absent, rows.returned = changes.absent, changes.returned
