"""Read rejected records again, by the current rules: filter, normalise and upsert, as in a run.

The records of each export are a run of their own, dated as the export was. They never overwrite a newer row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fleetfeed.database.ledger import rejects, runs
from fleetfeed.database.lock import PATIENCE, feed_lock
from fleetfeed.errors import BalanceBroken, ExportRefused, FleetfeedError, UsageError, as_expected
from fleetfeed.feed import Feed
from fleetfeed.model import SENTINEL, LastLoad, Reject, RowRejected, Ticket
from fleetfeed.pipeline import recorder
from fleetfeed.pipeline.batch import Batch, batches
from fleetfeed.pipeline.load import load
from fleetfeed.pipeline.presence import Presence
from fleetfeed.pipeline.transform import Judged, Tickets, judge
from fleetfeed.plugins.listeners import cause
from fleetfeed.reader.facts import Facts, facts_of
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output
from fleetfeed.stages.history import feed_history
from fleetfeed.states import RecordOutcome, Resolution
from fleetfeed.text.parse import escaped

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.pipeline.reporter import Reporter
    from fleetfeed.reader.export import Export

_ONE = "Give one record; a cell that contains a line end or a quote must be quoted."
_OTHER = "If the feed's key or delimiter has changed for good, discard them: later exports bring their tickets."
_RESOLVES = {
    RecordOutcome.INSERTED: "loaded by run {}: the ticket is new",
    RecordOutcome.UPDATED: "loaded by run {}: the row was older",
    RecordOutcome.KEPT: "read by run {}: the row is newer, or as new, and was kept",
    RecordOutcome.SUPERSEDED: "read by run {}: another record of the same ticket is later",
    RecordOutcome.DROPPED: "read by run {}: dropped ({why})",
}


def replay_feed(
    feed: Feed,
    manager: pluggy.PluginManager,
    db: Database,
    numbers: Sequence[int] = (),
    *,
    line: str | None = None,
    apply: bool = False,
) -> list[Batch]:
    """Read a feed's rejected records again, export by export: those with `numbers`, or all that are unresolved.

    `line`: the text to read instead of the one record. Errors are in the reports.
    """
    with feed_lock(db, feed.name, PATIENCE) if apply else nullcontext() as holder:
        found = rejects.stored_rejects(db, numbers, feed=None if numbers else feed.name)
        made = list(batches(feed, [item for item in found if item.feed == feed.name], apply=apply, by_hand=line))
        for batch in made:
            if holder:
                batch.reporter.busy(holder)
            else:
                _replay(batch, manager, db)
        if apply and made and not holder:
            _capture(feed, db, made[-1])
    return made


def _capture(feed: Feed, db: Database, last: Batch) -> None:
    """Capture closures; the records are resolved, so a failure is a warning, as in a run."""
    try:
        feed_history(feed, db)
    except FleetfeedError as error:
        last.reporter.warn(f"history: {cause(error)}")


def _replay(batch: Batch, manager: pluggy.PluginManager, db: Database) -> None:
    from fleetfeed.reader.export import opened

    reporter = batch.reporter
    try:
        _check_whole(batch)
        with scratch() as folder, plugin_output():
            batch.write(folder / "records.csv")
            # The records were converted to UTF-8, and lines before the header were not kept.
            layout = replace(batch.feed.layout, encoding="utf-8", skip=0, some=True)
            with opened(batch.feed, folder / "records.csv", layout=layout) as export:
                _load(batch, manager, db, export)
    except Exception as error:  # noqa: BLE001 (an error of a plugin must not stop the other batches)
        failure = _about_records(batch, error)
        if reporter.failed(failure):
            for outcome in batch.outcomes:
                outcome.what, outcome.why = RecordOutcome.REJECTED, failure.cause
            if reporter.report.applied and failure.exit_code == 1:
                recorder.record_failed(db, reporter, in_ledger=False)


def _check_whole(batch: Batch) -> None:
    if batch.by_hand is None and batch.first.cut:
        raise UsageError(
            f"Of {len(batch.outcomes):,} records only the beginning is kept: they are too long.",
            effect="Nothing was written; the records stay as they are.",
            next_step="Correct them in the archived export and load that with `run --file`, or discard them.",
        )


def _about_records(batch: Batch, error: Exception) -> FleetfeedError:
    """Reword the refusal of an export for rejected records."""
    if not isinstance(error, ExportRefused):
        return as_expected(error)
    stays = "Nothing was written; the records stay as they are."
    if batch.by_hand is not None:
        return UsageError(f"The given text cannot be read: {error.why}.", effect=stays, next_step=_ONE)
    return FleetfeedError(f"The records cannot be read: {error.why}.", effect=stays, next_step=_OTHER)


@dataclass(slots=True)
class _RecordLoad:
    """Load rejected records again."""

    batch: Batch
    manager: pluggy.PluginManager
    export: Export
    facts: Facts
    withheld: int = 0
    _last: LastLoad | None = None

    @property
    def feed(self) -> Feed:
        return self.batch.feed

    @property
    def reporter(self) -> Reporter:
        return self.batch.reporter

    def last(self, db: Database) -> LastLoad | None:
        self._last = runs.last_load(db, self.feed.name)
        return self._last

    def compare(self, db: Database) -> Presence:
        """Compare with nothing: `_compare` compares these tickets in the database."""
        export = self.export
        comparison = export.compare(None)
        rows = list(judge(self.feed, self.manager, comparison.changed()))
        older = _set_outcomes(self.batch, db, export, rows)
        self.withheld = len(older)
        kept = [row for row in rows if row.row.number not in older]
        return Presence(self.facts, comparison, Tickets(self.feed, self.manager, export, comparison, kept))

    def check(self, presence: Presence) -> None:
        self.reporter.marked_absent(len(self.batch.absent))

    def record(self, db: Database) -> None:
        batch, report = self.batch, self.reporter.report
        if report.run_id is None:
            return
        if batch.absent:
            rejects.mark_absent(db, self.feed, batch.absent, report.run_id, batch.first.export.last_modified)
        how = Resolution.REPLAY if batch.by_hand is None else Resolution.CORRECTION
        corrected = None if batch.by_hand is None else escaped(batch.by_hand.encode())
        rejects.resolve(db, how, _resolutions(batch, report.run_id), corrected)
        runs.finish_run(db, report)
        if self._last is not None and frozenset(report.known_statuses) != (self._last.statuses or frozenset()):
            known = {"known_statuses": report.known_statuses or None, "new_statuses": report.new_statuses}
            runs.write_meta(db, self.feed.name, known)


def _load(batch: Batch, manager: pluggy.PluginManager, db: Database, export: Export) -> None:
    if export.read != len(batch.outcomes):
        if batch.by_hand is None:
            raise BalanceBroken(f"Of {len(batch.outcomes):,} rejected records {export.read:,} are read.")
        raise UsageError(f"The given text is not one record but {export.read:,}.", next_step=_ONE)
    facts = facts_of(export)
    batch.reporter.read(facts)
    load(_RecordLoad(batch, manager, export, facts), db)


def _set_outcomes(batch: Batch, db: Database, export: Export, rows: list[Judged]) -> set[int]:
    """Set the outcome of each record; return the numbers of the rows whose ticket has a newer row."""
    for outcome in batch.outcomes:
        outcome.what = RecordOutcome.SUPERSEDED  # all other outcomes are set below
    for reject in export.rejects:
        batch.set(reject.record, RecordOutcome.REJECTED, _why(reject), reject.key)
    for record in export.sentinel_records:
        batch.set(record, RecordOutcome.DROPPED, SENTINEL)
    records = {number: found.record for number, found in export.evidence({item.row.number for item in rows}).items()}
    for row, _, dropped, rejected in rows:
        if dropped:
            batch.set(records[row.number], RecordOutcome.DROPPED, dropped, row.key)
        elif rejected is not None:
            batch.set(records[row.number], RecordOutcome.REJECTED, _why(rejected), row.key)
    return _compare(batch, db, [item.ticket for item in rows if item.ticket is not None], records)


def _compare(batch: Batch, db: Database, tickets: list[Ticket], records: dict[int, int]) -> set[int]:
    """Compare tickets with the table; return the row numbers of tickets that the table has newer rows for."""
    older: set[int] = set()
    for ticket, compared in zip(tickets, rejects.compare(db, batch.feed, tickets, batch.first), strict=True):
        batch.set(records[ticket.row.number], _outcome(compared), ticket_id=ticket.key)
        if compared.row_is_newer:
            older.add(ticket.row.number)
        elif compared.is_absent and not compared.superseded:
            batch.absent.append(ticket.key)
    return older


def _outcome(compared: rejects.RowComparison) -> RecordOutcome:
    if compared.row_is_newer:
        return RecordOutcome.KEPT
    if compared.superseded:
        return RecordOutcome.SUPERSEDED
    return RecordOutcome.INSERTED if compared.new else RecordOutcome.UPDATED


def _why(rejected: Reject | RowRejected) -> str:
    return f"{rejected.reason} ({rejected.detail})" if rejected.detail else rejected.reason


def _resolutions(batch: Batch, run_id: int) -> Iterator[tuple[int, str]]:
    how = "replayed" if batch.by_hand is None else "corrected by hand"
    for outcome in batch.outcomes:
        if outcome.what != RecordOutcome.REJECTED:
            yield outcome.reject.reject_id, f"{how}, {_RESOLVES[outcome.what].format(run_id, why=outcome.why)}"
