"""Replay exports one by one into the shadow, by the rules of now. The shadow's own ledger says where to go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.errors import ExportRefused
from fleetfeed.model import Snapshot
from fleetfeed.pipeline import recorder
from fleetfeed.pipeline.acceptance import date_export
from fleetfeed.pipeline.reporter import Reporter
from fleetfeed.pipeline.run import load_export
from fleetfeed.rebuild.captures import Due, capture, due, is_captured
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.model import LastLoad, RunReport
    from fleetfeed.pipeline.job import Job
    from fleetfeed.rebuild.archive import Archive
    from fleetfeed.rebuild.past import PastExport
    from fleetfeed.rebuild.plan import Plan


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is."""

    report: RunReport  # of the export that was replayed last
    done: int
    of: int
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Replay:
    """Replay the exports of one feed. The caller holds the lock of the shadow."""

    job: Job  # of the feed itself
    db: Database
    archive: Archive
    progress: Callable[[Progress], None] = lambda _: None

    def run(self, plan: Plan) -> int:
        """Replay what is left, one transaction an export, and return the number of exports."""
        captures = self._captures(plan)
        begun, before = perf_counter(), len(plan.done)
        for export in plan.exports:  # it may have ended between a load and its captures, which can be repeated
            if plan.done and export.identity == plan.done[-1].identity:
                self._capture(captures, export)
        for number, export in enumerate(plan.left, 1):
            report = self._export(export)
            self._capture(captures, export)
            pace = (perf_counter() - begun) / number
            left = len(plan.left) - number
            self.progress(Progress(report, before + number, before + len(plan.left), pace * left))
        return len(plan.left)

    def _captures(self, plan: Plan) -> Due:
        missing = {export.identity for export in plan.missing}
        there = [export for export in plan.exports if export.identity not in missing]
        return due(self.db, self.job.feed, there)

    def _capture(self, captures: Due, after: PastExport) -> None:
        shadow = self.job.feed.shadow
        first = [] if is_captured(self.db, shadow) else [after.seen_at]
        for at in (*first, *captures.get(after.identity, ())):
            capture(self.db, shadow, at)

    def _export(self, export: PastExport) -> RunReport:
        """Load one export; one that the rules of now refuse is recorded as refused."""
        shadow = self.job.feed.shadow
        reporter = Reporter(shadow.name, apply=True)
        reporter.begin(pieces=self.job.pieces)
        reporter.rebuilding(export.run_id)
        with scratch() as folder, plugin_output():
            ledger = recorder.read_ledger(self.db, shadow, folder, pieces=self.job.pieces)
            ledger = replace(ledger, now=export.started_at or ledger.now)  # what lay in the future then
            path = folder / "export.csv"
            snapshot = Snapshot(export.stored, self.archive.fetch(export, path), path)
            written, warnings = date_export(snapshot, ledger.now)
            reporter.found(snapshot, written)
            reporter.warn(*warnings)
            job = as_then(self.job, export, ledger.last)
            try:
                load_export(job, self.db, reporter, path, ledger)
            except ExportRefused as error:
                reporter.refused(error)
                recorder.record_failed(self.db, reporter, in_ledger=False)
        return reporter.report


def as_then(job: Job, export: PastExport, last: LastLoad | None) -> Job:
    """Return the job for an export: what its load has accepted, by hand or by limits of then, is accepted again."""
    shadow = replace(job, feed=job.feed.shadow, archive=None, apply=True, in_ledger=False, first_load=None)
    if export.run_id is None:  # it was never judged
        return shadow
    is_older = bool(last and last.written and export.stored.last_modified < last.written)
    # Of changes, only one that was loaded out of order may overwrite newer rows.
    allow_older = is_older if job.pieces else True
    return replace(shadow, max_reject_ratio=1.0, accept_incomplete=export.truncated is False, allow_older=allow_older)
