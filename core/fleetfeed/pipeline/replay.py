"""Read rejected records again, by the current rules: filter, normalise and upsert, as in a run.

The records of each export are a run of their own, dated as the export was. They never overwrite a newer row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.database.ledger import rejects, runs
from fleetfeed.database.ledger.reject_store import REPLAYED
from fleetfeed.database.ledger.rejects import StoredReject
from fleetfeed.errors import BalanceBroken, ExportRefused, FleetfeedError, UsageError, as_expected
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hooks_of
from fleetfeed.model import SENTINEL, LastLoad, RowRejected, RunReport, Snapshot, Ticket
from fleetfeed.pipeline import recorder
from fleetfeed.pipeline.load import count_read, fail, load
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output
from fleetfeed.states import RecordOutcome
from fleetfeed.text.parse import unescaped

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
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


@dataclass(slots=True)
class Outcome:
    """What became of one rejected record; one that is `rejected` again stays unresolved."""

    reject: StoredReject
    what: RecordOutcome = RecordOutcome.REJECTED
    why: str = ""
    ticket_id: str | None = None  # as read now; a correction or changed rules may give another one than before


@dataclass(slots=True)
class Batch:
    """The records of one export under one header, and what became of each."""

    feed: Feed
    outcomes: list[Outcome]
    report: RunReport
    by_hand: str | None = None  # the text to read instead of the one record
    absent: list[str] = field(default_factory=list)  # tickets that a later export no longer lists

    @property
    def first(self) -> StoredReject:
        """The first record, for what all of them share."""
        return self.outcomes[0].reject

    def write(self, path: Path) -> None:
        """Write the records as a UTF-8 export; bytes that are not UTF-8 are decoded by the feed's current encoding."""
        texts = [self.by_hand.encode()] if self.by_hand is not None else [_bytes(self.feed, o) for o in self.outcomes]
        path.write_bytes(b"".join(text + b"\n" for text in (unescaped(self.first.header), *texts)))


def batches(feed: Feed, rejects: Iterable[StoredReject], *, apply: bool, by_hand: str | None = None) -> Iterator[Batch]:
    """Group rejects into batches that can be read together; `rejects` are in the order of their exports."""
    for (export, *_), group in groupby(rejects, lambda item: (item.export, item.run_id, item.header, item.cut)):
        outcomes = [Outcome(reject) for reject in group]
        report = RunReport(feed.name, apply, datetime.now(UTC), replayed=len(outcomes))
        report.snapshot = Snapshot(export, "", None)
        yield Batch(feed, outcomes, report, by_hand)


def replay(batch: Batch, manager: pluggy.PluginManager, db: Database) -> None:
    """Read one batch; to apply it, the caller must hold the feed's lock. Errors are in its report."""
    from fleetfeed.reader.export import opened

    report = batch.report
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
        if fail(report, failure):
            for outcome in batch.outcomes:
                outcome.what, outcome.why = RecordOutcome.REJECTED, failure.cause
            if report.applied and failure.exit_code == 1:
                recorder.record_failed(db, report, in_ledger=False)


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
    last: LastLoad | None = None

    @property
    def feed(self) -> Feed:
        return self.batch.feed

    @property
    def report(self) -> RunReport:
        return self.batch.report

    def compare(self, db: Database, export: Export) -> LastLoad | None:
        export.compare(None)  # `_judge` compares these tickets in the database
        _judge(self.batch, self.manager, db, export)
        self.last = runs.last_load(db, self.feed.name)
        return self.last

    def check(self, export: Export) -> None:
        self.report.rows.absent = len(self.batch.absent)

    def record(self, db: Database) -> None:
        batch, report = self.batch, self.report
        if report.run_id is None:
            return
        if batch.absent:
            rejects.mark_absent(db, self.feed, batch.absent, report.run_id, batch.first.export.last_modified)
        rejects.resolve(db, _resolutions(batch, report.run_id))
        runs.finish_run(db, report)
        if self.last is not None and frozenset(report.known_statuses) != (self.last.statuses or frozenset()):
            known = {"known_statuses": report.known_statuses or None, "new_statuses": report.new_statuses}
            runs.write_meta(db, self.feed.name, known)


def _load(batch: Batch, manager: pluggy.PluginManager, db: Database, export: Export) -> None:
    if export.read != len(batch.outcomes):
        if batch.by_hand is None:
            raise BalanceBroken(f"Of {len(batch.outcomes):,} rejected records {export.read:,} are read.")
        raise UsageError(f"The given text is not one record but {export.read:,}.", next_step=_ONE)
    count_read(batch.report, export)
    load(_RecordLoad(batch, manager), db, export)


def _judge(batch: Batch, manager: pluggy.PluginManager, db: Database, export: Export) -> None:
    """Set the outcome of each record, and withhold those whose row is newer."""
    for outcome in batch.outcomes:
        outcome.what = RecordOutcome.SUPERSEDED  # all other outcomes are set below
    for reject in export.rejects:
        why = f"{reject.reason} ({reject.detail})" if reject.detail else reject.reason
        _set(batch, reject.record, RecordOutcome.REJECTED, why, reject.key)
    for record in export.sentinel_records:
        _set(batch, record, RecordOutcome.DROPPED, SENTINEL)
    export.withhold(_compare(batch, db, *_tickets(batch, manager, export)))


def _tickets(batch: Batch, manager: pluggy.PluginManager, export: Export) -> tuple[list[Ticket], dict[int, int]]:
    """Filter and normalise the readable records; return also which record each row is."""
    feed, hooks, found = batch.feed, hooks_of(manager), list(export.changed())
    places = {number: record for number, (record, *_) in export.evidence({row.number for row in found}).items()}
    tickets: list[Ticket] = []
    for row in found:
        place = places[row.number]
        if (reason := hooks.feed_filter(feed=feed, row=row)) is not None:
            _set(batch, place, RecordOutcome.DROPPED, reason, row.key)
            continue
        try:
            ticket = hooks.feed_normalise(feed=feed, row=row)
        except RowRejected as error:
            why = f"{error.reason} ({error.detail})" if error.detail else error.reason
            _set(batch, place, RecordOutcome.REJECTED, why, row.key)
            continue
        if ticket is not None:
            tickets.append(ticket)
    return tickets, places


def _compare(batch: Batch, db: Database, tickets: list[Ticket], places: dict[int, int]) -> set[int]:
    """Compare tickets with the table; return the row numbers of tickets that the table has newer rows for."""
    older: set[int] = set()
    for ticket, compared in zip(tickets, rejects.compare(db, batch.feed, tickets, batch.first), strict=True):
        _set(batch, places[ticket.row.number], _outcome(compared), "", ticket.key)
        if compared.row_is_newer:
            older.add(ticket.row.number)
        elif compared.is_absent and not compared.superseded:
            batch.absent.append(ticket.key)
    return older


def _outcome(compared: rejects.Comparison) -> RecordOutcome:
    if compared.row_is_newer:
        return RecordOutcome.KEPT
    if compared.superseded:
        return RecordOutcome.SUPERSEDED
    return RecordOutcome.INSERTED if compared.new else RecordOutcome.UPDATED


def _set(batch: Batch, record: int, what: RecordOutcome, why: str, ticket_id: str | None = None) -> None:
    outcome = batch.outcomes[record - 1]
    outcome.what, outcome.why, outcome.ticket_id = what, why, ticket_id or outcome.reject.ticket_id


def _resolutions(batch: Batch, run_id: int) -> Iterator[tuple[int, str]]:
    how = "corrected by hand" if batch.by_hand is not None else REPLAYED
    for outcome in batch.outcomes:
        if outcome.what != RecordOutcome.REJECTED:
            yield outcome.reject.reject_id, f"{how}, {_RESOLVES[outcome.what].format(run_id, why=outcome.why)}"


def _bytes(feed: Feed, outcome: Outcome) -> bytes:
    raw = unescaped(outcome.reject.text)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode(feed.encoding, "surrogateescape").encode("utf-8", "surrogateescape")
    return raw
