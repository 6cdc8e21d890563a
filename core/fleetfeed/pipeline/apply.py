"""Apply one export: judge it, and load it in one transaction.

`load_export` reads a file and streams its rows past the table; `apply` writes what `prepare` has made of an export.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from fleetfeed.database.load import diff
from fleetfeed.model import LastLoad, Ledger
from fleetfeed.pipeline import acceptance, checks, recorder
from fleetfeed.pipeline.against import AgainstBefore, PreparedTickets
from fleetfeed.pipeline.job import Job
from fleetfeed.pipeline.load import load
from fleetfeed.pipeline.prepare import Prepared
from fleetfeed.pipeline.presence import Compared, Presence, Tickets
from fleetfeed.pipeline.reporter import Reporter
from fleetfeed.reader import completeness
from fleetfeed.reader.completeness import Words
from fleetfeed.reader.facts import Facts, facts_of

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.feed import Feed

_Compare = Callable[["Database"], tuple[Compared, Tickets]]


class NeedsFile(Exception):
    """The export itself has to be read: what was prepared does not say enough."""


@dataclass(frozen=True, slots=True)
class _ExportLoad:
    """Load an export of the bucket."""

    job: Job
    reporter: Reporter
    ledger: Ledger
    facts: Facts
    words: Words
    compared: _Compare
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

    def compare(self, db: Database) -> Presence:
        job = self.job
        comparison, tickets = self.compared(db)
        self.reporter.report.timings["read"] = round(perf_counter() - self.start, 3)
        complete = not (self.reporter.report.truncated or job.pieces)
        if job.accept_incomplete:
            return Presence(self.facts, comparison, tickets, complete)
        ratio, floor = job.max_absent_ratio, checks.MANY_ABSENT
        return Presence(self.facts, comparison, tickets, complete, ratio, floor, hold=job.hold)

    def check(self, presence: Presence) -> None:
        job, reporter = self.job, self.reporter
        reporter.done("upsert")
        reporter.hold(acceptance.misses(job, presence) or acceptance.held_then(job, reporter.report))
        checks.check_rejects(reporter.report, job.max_reject_ratio)
        checks.check_accepted(reporter.report)
        if not job.accept_incomplete:
            checks.check_readable(reporter.report, job.feed)
            completeness.check_statuses(job.feed, reporter.report, self.facts, self.words)

    def record(self, db: Database) -> None:
        recorder.record_load(db, self.reporter, self.feed, in_ledger=self.job.in_ledger)

    def run(self, db: Database) -> None:
        """Judge the export, and load it. Raises ExportRefused."""
        job, reporter, ledger = self.job, self.reporter, self.ledger
        reporter.read(self.facts, acceptance.missing_columns(job.feed, self.facts))
        acceptance.check_content(job, reporter.report, self.facts, self.words, ledger, db)
        reporter.ended(acceptance.end_of(job, self.facts, ledger))
        acceptance.announce_large(job, self.facts, db)
        acceptance.check_order(job, reporter.report, ledger)
        warnings = acceptance.rewritten_piece(job, reporter.report, ledger)
        reporter.accepted(warnings, keeps_newer=acceptance.keeps_newer(job, ledger))
        load(self, db)


def load_export(job: Job, db: Database, reporter: Reporter, path: Path, ledger: Ledger) -> None:
    """Load the spooled export that the reporter has found. Raises ExportRefused."""
    from fleetfeed.pipeline import transform
    from fleetfeed.reader.export import opened  # imports DuckDB, which an unchanged export does not need

    start, known = perf_counter(), path.with_suffix(".known")
    with opened(job.feed, path, reporter.report.written, ledger.now) as export:

        def compared(db: Database) -> tuple[Compared, Tickets]:
            last = ledger.last
            same_rules = last is not None and last.fingerprint == job.feed.fingerprint
            diff.write_known_tickets(db, job.feed, known, digests=same_rules)
            comparison = export.compare(known)
            tickets = transform.Tickets(job.feed, job.manager, export, comparison, compile_from=job.compile_from)
            return comparison, tickets

        _ExportLoad(job, reporter, ledger, facts_of(export), export.words, compared, start).run(db)


def can_apply(prepared: Prepared, job: Job, ledger: Ledger) -> bool:
    """Whether an export was compared with what the table holds: the export before it, loaded as a complete one."""
    last = ledger.last
    if last is None:
        return not prepared.base  # the feed is empty
    return (last.sha256, last.fingerprint, last.truncated) == (prepared.base, job.feed.fingerprint, False)


def apply(job: Job, db: Database, reporter: Reporter, prepared: Prepared, ledger: Ledger) -> None:
    """Load a prepared export that `can_apply`. Raises ExportRefused, or NeedsFile if the export has to be read."""

    def compared(db: Database) -> tuple[Compared, Tickets]:
        comparison = AgainstBefore.of(db, job.feed, prepared)
        return comparison, PreparedTickets(prepared, comparison.known)

    _ExportLoad(job, reporter, ledger, prepared.facts, _no_words, compared, perf_counter()).run(db)


def _no_words(_column: str, _most: int) -> list[str]:
    raise NeedsFile
