"""Rejected records, grouped as they can be read together, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from fleetfeed.database.ledger.rejects import StoredReject
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport, Snapshot
from fleetfeed.pipeline.reporter import Reporter
from fleetfeed.states import RecordOutcome
from fleetfeed.text.parse import unescaped


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
    reporter: Reporter
    by_hand: str | None = None  # the text to read instead of the one record
    absent: list[str] = field(default_factory=list)  # tickets that a later export no longer lists

    @property
    def first(self) -> StoredReject:
        """The first record, for what all of them share."""
        return self.outcomes[0].reject

    @property
    def report(self) -> RunReport:
        """The report of the run that reads them."""
        return self.reporter.report

    def set(self, record: int, what: RecordOutcome, why: str = "", ticket_id: str | None = None) -> None:
        """Note what became of a record, by its number from 1."""
        outcome = self.outcomes[record - 1]
        outcome.what, outcome.why, outcome.ticket_id = what, why, ticket_id or outcome.reject.ticket_id

    def write(self, path: Path) -> None:
        """Write the records as a UTF-8 export; bytes that are not UTF-8 are decoded by the feed's current encoding."""
        texts = [self.by_hand.encode()] if self.by_hand is not None else [_bytes(self.feed, o) for o in self.outcomes]
        path.write_bytes(b"".join(text + b"\n" for text in (unescaped(self.first.header), *texts)))


def batches(feed: Feed, rejects: Iterable[StoredReject], *, apply: bool, by_hand: str | None = None) -> Iterator[Batch]:
    """Group rejects into batches that can be read together; `rejects` are in the order of their exports."""
    for (export, *_), group in groupby(rejects, lambda item: (item.export, item.run_id, item.header, item.cut)):
        outcomes = [Outcome(reject) for reject in group]
        reporter = Reporter(feed.name, apply=apply)
        reporter.replaying(Snapshot(export, "", None), len(outcomes))
        yield Batch(feed, outcomes, reporter, by_hand)


def _bytes(feed: Feed, outcome: Outcome) -> bytes:
    raw = unescaped(outcome.reject.text)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode(feed.encoding, "surrogateescape").encode("utf-8", "surrogateescape")
    return raw
