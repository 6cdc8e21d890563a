"""Assembles the report of a run, event by event. Stages only measure time in it, and hooks may add warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.errors import CommitUnanswered, ExportRefused, FleetfeedError
from fleetfeed.model import SENTINEL, Changes, Rebuilt, Rows, RunReport, Snapshot
from fleetfeed.reader.completeness import ACCEPT
from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    from fleetfeed.pipeline.acceptance import End
    from fleetfeed.pipeline.presence import Presence
    from fleetfeed.pipeline.statuses import Statuses
    from fleetfeed.reader.facts import Facts


class Reporter:
    """Keeps the report of a run up to date; after an interruption it says how far the run came."""

    def __init__(self, feed: str, *, apply: bool, progress: Callable[[RunReport, str], None] | None = None) -> None:
        self.report = RunReport(feed, apply, datetime.now(UTC))
        self._progress = progress  # called with the report and the stage that is done

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure a stage, and say that it is done."""
        start = perf_counter()
        try:
            yield
        finally:
            self.report.timings[stage] = round(perf_counter() - start, 3)
        self.done(stage)

    def done(self, stage: str) -> None:
        """Say that a stage is done."""
        if self._progress:
            self._progress(self.report, stage)

    def warn(self, *warnings: str) -> None:
        """Add warnings."""
        self.report.warnings.extend(warnings)

    def begin(self, *, pieces: bool = False, archive_copies: bool = False) -> None:
        """Note the settings that readers of the report need."""
        self.report = replace(self.report, pieces=pieces, archive_copies=archive_copies)

    def busy(self, holder: str) -> None:
        """Note that another process holds the feed's lock."""
        self.report = replace(self.report, outcome=RunOutcome.BUSY, holder=holder)

    def replaying(self, snapshot: Snapshot, records: int) -> None:
        """Note that this run reads rejected records of an export again."""
        self.report = replace(self.report, snapshot=snapshot, replayed=records)

    def rebuilding(self, of: int | None) -> None:
        """Note that this run repeats a load, or loads an export that was never loaded."""
        self.report = replace(self.report, rebuilt=Rebuilt(of))

    def found(self, snapshot: Snapshot | None, written: datetime | None) -> None:
        """Note the export that the source stage found."""
        self.report = replace(self.report, snapshot=snapshot, written=written)

    def nothing_new(self, new_statuses: Sequence[str], held: str) -> None:
        """Note that there is no export, or that it is loaded already."""
        outcome = RunOutcome.EMPTY if self.report.snapshot is None else RunOutcome.UNCHANGED
        self.report = replace(self.report, outcome=outcome, held=held, new_statuses=new_statuses)
        if held:
            self.warn(f"the loaded export is held as truncated: {held}; {ACCEPT}")

    def read(self, facts: Facts, missing: Sequence[str] = ()) -> None:
        """Note what the reader found; `missing`: columns with a role that the export lacks."""
        self.warn(*facts.warnings)
        self.report = replace(
            self.report,
            rows=_rows_read(facts),
            header=facts.header_text,
            unknown_columns=facts.unknown_columns,
            truncated=facts.truncated,
            rejects=facts.rejects,
            missing=missing,
            newest=facts.newest,
        )

    def ended(self, end: End) -> None:
        """Note how the export ends."""
        self.report = replace(self.report, line_end=end.line_end)
        self.hold(end.held)

    def accepted(self, warnings: Iterable[str], *, keeps_newer: bool) -> None:
        """Note that the export may be loaded."""
        self.warn(*warnings)
        self.report = replace(self.report, keeps_newer=keeps_newer)

    def hold(self, why: str) -> None:
        """Note why the export counts as truncated, if it does."""
        if not why:
            return
        self.warn(f"held as truncated: {why}; no ticket becomes absent; {ACCEPT}")
        self.report = replace(self.report, truncated=True, held=why)

    def recorded(self, run_id: int | None) -> None:
        """Note the number that the ledger gave this run; None if it could not be recorded."""
        self.report = replace(self.report, run_id=run_id)

    def transformed(self, presence: Presence) -> None:
        """Note which rows were dropped and rejected."""
        tickets, rows = presence.tickets, _rows_read(presence.facts)
        self.warn(*tickets.warnings)
        rejected = rows.rejected + Counter(reject.reason for reject in tickets.rejects)
        self.report = replace(
            self.report,
            rows=replace(rows, dropped=rows.dropped + tickets.dropped, rejected=rejected),
            rejects=[*presence.facts.rejects, *tickets.rejects],
        )

    def upserted(self, changes: Changes, presence: Presence, withheld: int = 0) -> None:
        """Note what was written, or would be; `withheld`: records that were read, but are older than their row."""
        self.report = replace(
            self.report,
            changes=changes,
            rows=replace(
                self.report.rows,
                superseded=presence.facts.superseded + withheld + changes.superseded,
                inserted=changes.inserted,
                updated=changes.updated,
                unchanged=presence.comparison.unchanged() + changes.unchanged,
                absent=changes.absent,
                returned=changes.returned,
            ),
        )

    def found_statuses(self, statuses: Statuses) -> None:
        """Note the statuses of the feed."""
        self.warn(*statuses.warnings)
        self.report = replace(self.report, known_statuses=statuses.known, new_statuses=statuses.new)

    def marked_absent(self, tickets: int) -> None:
        """Note how many replayed tickets a later export no longer lists."""
        self.report = replace(self.report, rows=replace(self.report.rows, absent=tickets))

    def loaded(self) -> None:
        """Note that the load is complete, but for its COMMIT."""
        self.report = replace(self.report, outcome=RunOutcome.LOADED)

    def superseded(self, keys: Sequence[str]) -> None:
        """Note the older exports that need not be read any more."""
        self.report = replace(self.report, superseded_exports=keys)

    def committing(self) -> None:
        """Note that COMMIT is sent."""
        self.report = replace(self.report, committing=True)

    def committed(self) -> None:
        """Note that COMMIT was acknowledged."""
        self.report = replace(self.report, committed=True)

    def archived(self, keys: Sequence[str]) -> None:
        """Note the new keys of archived exports."""
        self.report = replace(self.report, archived=keys)

    def captured(self, *, history: bool) -> None:
        """Note whether history was captured."""
        self.report = replace(self.report, history=history)

    def failed(self, error: FleetfeedError) -> bool:
        """Note an error, and return whether the load was rolled back."""
        self.report = replace(self.report, error=error)
        if self.report.committed:  # the error came after the load, which stays
            return False
        if isinstance(error, CommitUnanswered):
            self.unknown(error)
            return False
        rows = self.report.rows.without_writes()
        self.report = replace(
            self.report, outcome=RunOutcome.FAILED, rows=rows, changes=Changes(), superseded_exports=()
        )
        return True

    def unknown(self, error: CommitUnanswered) -> None:
        """Note that COMMIT was not acknowledged, so that the outcome is unknown; the counts stay."""
        error.next_step = (
            f"Run again: the ledger knows, and nothing is written twice. (This was run {self.report.run_id}.)"
        )
        self.report = replace(self.report, error=error, outcome=RunOutcome.FAILED)

    def refused(self, error: ExportRefused) -> bool:
        """Note that the export is refused, and return whether the load was rolled back."""
        rolled_back = self.failed(error)
        if rolled_back:
            snapshot = self.report.snapshot or error.snapshot
            self.report = replace(self.report, outcome=RunOutcome.REFUSED, snapshot=snapshot)
        return rolled_back

    def start_over(self, error: ExportRefused) -> None:
        """Begin again with an older export, after the refusal of a newer one."""
        before = self.report
        stored = before.snapshot.stored if before.snapshot else None
        warning = f"{stored.key} is newer, but refused: {error.why}" if stored else str(error)
        self.report = RunReport(
            before.feed,
            before.applied,
            before.started_at,
            pieces=before.pieces,
            archive_copies=before.archive_copies,
            timings=before.timings,
            refused=before.refused or error,
            warnings=[*(before.warnings if before.refused else ()), warning],
        )

    def interrupted(self, error: FleetfeedError) -> None:
        """Note an error that ended the run from outside its stages; the counts so far are rolled back."""
        before = self.report
        fresh = before if before.committed else RunReport(before.feed, before.applied, before.started_at)
        self.report = replace(fresh, error=error)


def _rows_read(facts: Facts) -> Rows:
    rows = Rows(read=facts.read)
    rows.rejected.update(reject.reason for reject in facts.rejects)
    if facts.sentinels_too_short:
        rows.dropped[SENTINEL] = facts.sentinels_too_short
    return rows
