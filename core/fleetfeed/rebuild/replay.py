"""Replay exports one by one into the shadow, by the rules of now. The shadow's own ledger says where to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.database.ledger import runs
from fleetfeed.errors import BalanceBroken, DatabaseError, ExportRefused
from fleetfeed.model import Snapshot
from fleetfeed.pipeline import recorder
from fleetfeed.pipeline.acceptance import date_export
from fleetfeed.pipeline.apply import NeedsFile, apply, can_apply, load_export
from fleetfeed.pipeline.prepare import can_prepare
from fleetfeed.pipeline.reporter import Reporter
from fleetfeed.rebuild.captures import Due, capture, due, is_captured
from fleetfeed.rebuild.preparing import Generated, Item, Preparing, prepare_here
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.model import LastLoad, Ledger, RunReport
    from fleetfeed.pipeline.job import Job
    from fleetfeed.pipeline.prepare import Prepared
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
    preparing: Preparing = prepare_here

    def run(self, plan: Plan) -> int:
        """Replay what is left, one transaction an export, and return the number of exports."""
        captures = self._captures(plan)
        begun, already = perf_counter(), len(plan.done)
        for export in plan.exports:  # it may have ended between a load and its captures, which can be repeated
            if plan.done and export.identity == plan.done[-1].identity:
                self._capture(captures, export)
        before, items = self._items(plan)
        with closing(self._prepared(before, items)) as prepared:
            for number, item in enumerate(items, 1):
                report = self._export(item, next(prepared))
                self._capture(captures, item.export)
                pace = (perf_counter() - begun) / number
                left = len(items) - number
                self.progress(Progress(report, already + number, already + len(items), pace * left))
        return len(items)

    def _prepared(self, before: Item | None, items: Sequence[Item]) -> Generated:
        if can_prepare(self.job):
            return self.preparing(self.job, before, items)
        return (None for _ in items)  # each is read by its load

    def _items(self, plan: Plan) -> tuple[Item | None, list[Item]]:
        """Return the export that was loaded last, and those to replay.

        Only one whose load is known: what lay in the future then decides which of its rows has won.
        """
        now = runs.clock(self.db)
        loaded = next((done.identity for done in reversed(plan.done) if done.rules), None)
        before = next((export for export in plan.exports if export.identity == loaded and export.started_at), None)
        is_there = before and self.archive.find(before)
        items = [self.archive.item(export, now) for export in plan.left]
        return self.archive.item(before, now) if before and is_there else None, items

    def _captures(self, plan: Plan) -> Due:
        missing = {export.identity for export in plan.missing}
        there = [export for export in plan.exports if export.identity not in missing]
        return due(self.db, self.job.feed, there)

    def _capture(self, captures: Due, after: PastExport) -> None:
        shadow = self.job.feed.shadow
        first = [] if is_captured(self.db, shadow) else [after.seen_at]
        for at in (*first, *captures.get(after.identity, ())):
            capture(self.db, shadow, at)

    def _export(self, item: Item, prepared: Prepared | None) -> RunReport:
        """Load one export; one that the rules of now refuse is recorded as refused."""
        shadow = self.job.feed.shadow
        with scratch() as folder, plugin_output():
            ledger = recorder.read_ledger(self.db, shadow, folder, pieces=self.job.pieces)
            ledger = replace(ledger, now=item.now)
            job = as_then(self.job, item.export, ledger.last)
            is_it = prepared and item.export.sha256 in (None, prepared.sha256)
            if prepared and is_it and can_apply(prepared, job, ledger):
                # One that is refused is read again: then its refusal is that of a run. So is one whose rows come out
                # otherwise than in the export in which the table got them.
                with suppress(ExportRefused, BalanceBroken, NeedsFile):
                    return self._apply(job, item, prepared, ledger)
            return self._read(job, item, ledger)

    def _apply(self, job: Job, item: Item, prepared: Prepared, ledger: Ledger) -> RunReport:
        reporter = self._begun(job, item, Snapshot(item.export.stored, prepared.sha256, None), ledger)
        apply(job, self.db, reporter, prepared, ledger)
        return reporter.report

    def _read(self, job: Job, item: Item, ledger: Ledger) -> RunReport:
        path = ledger.scratch / "export.csv"
        sha256 = self.archive.fetch(item.export, path)
        reporter = self._begun(job, item, Snapshot(item.export.stored, sha256, path), ledger)
        try:
            load_export(job, self.db, reporter, path, ledger)
        except ExportRefused as error:
            reporter.refused(error)
            recorder.record_failed(self.db, reporter, in_ledger=False)
            if reporter.report.run_id is None:
                raise DatabaseError(
                    f"{item.export.stored.key} is refused, and that could not be recorded.",
                    effect="What was rebuilt before it stays.",
                    next_step="Run again.",
                ) from error
        return reporter.report

    def _begun(self, job: Job, item: Item, snapshot: Snapshot, ledger: Ledger) -> Reporter:
        reporter = Reporter(job.feed.name, apply=True)
        reporter.begin(pieces=job.pieces)
        reporter.rebuilding(item.export.run_id)
        written, warnings = date_export(snapshot, ledger.now)
        reporter.found(snapshot, written)
        reporter.warn(*warnings)
        return reporter


def as_then(job: Job, export: PastExport, last: LastLoad | None) -> Job:
    """Return the job for an export: what its load has accepted, by hand or by limits of then, is accepted again."""
    shadow = replace(job, feed=job.feed.shadow, archive=None, apply=True, in_ledger=False, first_load=None)
    if export.run_id is None:  # it was never judged
        return shadow
    is_older = bool(last and last.written and export.stored.last_modified < last.written)
    # Of changes, only one that was loaded out of order may overwrite newer rows.
    allow_older = is_older if job.pieces else True
    return replace(
        shadow,
        max_reject_ratio=1.0,
        accept_incomplete=export.truncated is False,
        hold=export.truncated is True,
        allow_older=allow_older,
    )
