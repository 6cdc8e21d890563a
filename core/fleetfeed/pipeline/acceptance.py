"""Checks whether an export can be loaded next, and whether it counts as complete."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from fleetfeed.database.load import diff
from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.model import Ledger, RunReport, Snapshot, is_plausible
from fleetfeed.pipeline import checks
from fleetfeed.pipeline.missing_columns import refusal
from fleetfeed.reader import completeness
from fleetfeed.reader.completeness import Words
from fleetfeed.reader.facts import Facts
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.pipeline.job import Job
    from fleetfeed.pipeline.presence import Presence


MANY = 100_000  # records; a smaller first load finishes within the deadline


class End(NamedTuple):
    """How an export ends."""

    line_end: bool | None  # whether its last line has a line end, as later exports are expected to have
    held: str  # why it counts as truncated although its exporter did not mark it


def date_export(snapshot: Snapshot | None, now: datetime) -> tuple[datetime | None, list[str]]:
    """Return when an export was written, and warnings; a time in the future counts as now."""
    if snapshot is None:
        return None, []
    if is_plausible(snapshot.stored.last_modified, now):
        return snapshot.stored.last_modified, []
    stored = snapshot.stored
    listed = f"the store says that {stored.key} was written on {stored.last_modified:%Y-%m-%d}, which is in the future"
    return now, [f"{listed}: its time is ignored: it is dated now, and loaded before all others"]


def missing_columns(feed: Feed, facts: Facts) -> list[str]:
    """Return the columns with a role that an export lacks."""
    return [name for name in completeness.role_columns(feed) if name not in facts.header]


def check_content(job: Job, report: RunReport, facts: Facts, words: Words, ledger: Ledger, db: Database) -> None:
    """Check the columns and rejects of an export. Raises ExportRefused."""
    known = ledger.last.missing if ledger.last else None
    absent_columns = completeness.missing_columns(job.feed, facts.header, known)
    if absent_columns and not job.accept_incomplete:
        raise refusal(job.feed, absent_columns, facts, words, db)
    checks.check_rejects(report, job.max_reject_ratio)


def check_order(job: Job, report: RunReport, ledger: Ledger) -> None:
    """Check that an export is not older than what is loaded. Raises ExportRefused."""
    if ledger.last is None or job.allow_older:
        return
    if job.pieces:
        checks.check_written_order(report.written, ledger.last.written)
    elif job.feed.winner and ledger.last.newest and is_plausible(ledger.last.newest, ledger.now):
        checks.check_newest_order(report.newest, ledger.last.newest, job.feed.winner[0])


def announce_large(job: Job, facts: Facts, db: Database) -> None:
    """Say that a first load takes long."""
    if job.first_load and facts.read >= MANY and diff.is_empty(db, job.feed):
        job.first_load(facts.read)


def keeps_newer(job: Job, ledger: Ledger) -> bool:
    """Whether a record that is older than the row of its ticket is skipped."""
    return job.pieces and bool(ledger.last and job.feed.winner) and not job.allow_older


def rewritten_piece(job: Job, report: RunReport, ledger: Ledger) -> Iterator[str]:
    """Warn of a piece that was rewritten with a later time, if no `winner` decides which change is newer."""
    if not job.pieces or job.allow_older or job.feed.winner:
        return
    if report.snapshot is None or ledger.last is None or ledger.last.written is None:
        return
    stored, loaded = report.snapshot.stored, ledger.last.written
    times = [item.last_modified for item in ledger.unread if item.key == stored.key]
    if missed := [time for time in times if time < min(loaded, stored.last_modified)]:
        since = moment(max(missed), seconds=True)
        yield (
            f"{stored.key} was there at {since}, but was not loaded then; it is loaded after pieces that were written "
            "later, and may undo their changes: the feed declares no `winner`"
        )


def end_of(job: Job, facts: Facts, ledger: Ledger) -> End:
    """Return how an export ends. Raises ExportRefused for a piece that is cut off."""
    before = ledger.last.line_end if ledger.last else None
    cut = "" if job.accept_incomplete else completeness.ends_inside(facts, before)
    if cut and job.pieces:  # no later one would bring what this one lacks
        raise ExportRefused(f"it is cut off: {cut}", f"Let the exporter write it again, or {completeness.ACCEPT}.")
    # Later exports should end like those before one that is cut off.
    return End(before if cut else facts.line_end, cut)


def misses(job: Job, presence: Presence) -> str:
    """Return why an export counts as truncated if too many open tickets are missing from it, else an empty text."""
    if not presence.misses_too_many:
        return ""
    missed = f"{presence.missed:,} of {presence.open:,} open tickets are not listed"
    return f"{missed}, more than max_absent_ratio = {job.max_absent_ratio:g} allows"


def held_then(job: Job, report: RunReport) -> str:
    """Return why an export counts as truncated that the limits of now accept; empty if it does not."""
    return "its load was held by the limits of then" if job.hold and not report.truncated else ""


def still_held(report: RunReport, ledger: Ledger) -> str:
    """Return why the export that is loaded already is held as truncated; empty if it is not."""
    return ledger.last.held if report.snapshot is not None and ledger.last else ""
