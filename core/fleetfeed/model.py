"""The objects that flow through a run, in the order in which they appear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    from fleetfeed.geo import Geocoded


ALLOWANCE = timedelta(days=1)  # for clock skew and wrong zones: a time this far ahead does not count as future
LONGEST_KEY = 500  # characters; at four bytes each they still fit an index entry
SENTINEL = "sentinel"  # drop reason of the record by which an exporter marks that it hit its row limit


def is_plausible(time: datetime, now: datetime) -> bool:
    """Whether a time is not in the future."""
    return time - ALLOWANCE <= now


@dataclass(frozen=True, slots=True, order=True)
class StoredObject:
    """One object of a bucket, as listed."""

    last_modified: datetime  # first, so that the newest object is the greatest
    key: str
    etag: str  # without quotes; an opaque change marker, not a digest
    size: int
    # A different mark means that the content may differ, even if all other fields match: mtimes can be set back.
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LastLoad:
    """The last loaded export, from the ledger."""

    key: str
    etag: str
    sha256: str
    fingerprint: str
    newest: datetime | None  # latest `winner` time in it
    written: datetime | None = None  # when the exporter wrote it
    size: int | None = None  # None: unknown
    mark: str = ""  # "": unknown
    held: str = ""  # why it is held as truncated
    truncated: bool = False  # by its exporter, or because it is held
    missing: frozenset[str] | None = None  # columns with a role that it lacked; None: unknown
    line_end: bool | None = None  # whether its last line had a line end; None: unknown
    statuses: frozenset[str] | None = None  # all statuses seen in the feed so far; None: unknown
    new_statuses: frozenset[str] = frozenset()  # those of them that the feed does not declare


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the source stage needs to know of earlier runs, and its scratch folder."""

    last: LastLoad | None
    processed: frozenset[StoredObject]  # loaded, superseded or refused before
    refused: frozenset[StoredObject]  # those of them that were refused: they do not supersede older exports
    scratch: Path
    now: datetime  # by the database's clock, which all clients share
    accept: bool = False  # whether to reload an export that is held as truncated, as a complete one
    pieces: bool = False  # whether each export holds changes only, so that none may be skipped
    each: bool = False  # whether complete exports are loaded one by one, too
    unread: frozenset[StoredObject] = frozenset()  # pieces that were listed before, but never loaded
    passed: frozenset[StoredObject] = frozenset()  # refused in this run: look for an older one


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One export, spooled to disk; `path` is None if the same bytes are loaded already."""

    stored: StoredObject
    sha256: str
    path: Path | None
    listed: tuple[StoredObject, ...] = ()  # all listed exports, including this one
    missing: tuple[StoredObject, ...] = ()  # listed, but gone when read
    waiting: int = 0  # later exports that remain to be loaded

    def older(self) -> frozenset[StoredObject]:
        """Return the listed exports that come before this one."""
        place = self.listed.index(self.stored) if self.stored in self.listed else 0
        return frozenset(self.listed[:place])


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an export: its cells as text, in the order of the header; an empty cell is None."""

    number: int  # position among the readable records, from 1
    key: str | None
    digest: str
    values: Mapping[str, str | None]


class RowRejected(Exception):
    """A row cannot become a ticket; its record goes to `tickets.rejects` and the load continues."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as it will be stored: `raw` has no nulls and is the source of every typed column."""

    key: str
    raw: Mapping[str, str]
    row: Row
    location_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """The evidence of one unreadable record."""

    record: int
    line: int
    reason: str
    detail: str
    raw: bytes  # only the beginning of a very long record
    key: str | None = None
    size: int | None = None  # bytes of the whole record; None: `raw` has all of them


@dataclass(frozen=True, slots=True)
class Changes:
    """Counts of what an upsert did, or would do."""

    staged: int = 0
    superseded: int = 0  # rows whose key collided with another only after normalising
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    absent: int = 0
    returned: int = 0
    fields: Mapping[str, int] = field(default_factory=dict)  # column → tickets in which it changed
    examples: tuple[tuple[str, str, str | None, str | None], ...] = ()  # ticket, column, old, new
    unreadable: Mapping[str, int] = field(default_factory=dict)  # typed column → cells that cannot be converted
    statuses: Mapping[str, int] = field(default_factory=dict)  # status → tickets written or compared
    closings: Mapping[str, int] = field(default_factory=dict)  # status → those of them that have a closing time

    def __add__(self, other: Changes) -> Changes:
        """Add up two blocks; keep the examples of the first."""
        names = [name for name in self.__slots__ if isinstance(getattr(self, name), int)]
        return Changes(
            **{name: getattr(self, name) + getattr(other, name) for name in names},
            fields=Counter(self.fields) + Counter(other.fields),
            unreadable=Counter(self.unreadable) + Counter(other.unreadable),
            statuses=Counter(self.statuses) + Counter(other.statuses),
            closings=Counter(self.closings) + Counter(other.closings),
            examples=self.examples or other.examples,
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """Counts of the records of one export; `left_over` is 0 when each of them is accounted for."""

    read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    superseded: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    absent: int = 0
    returned: int = 0

    @property
    def left_over(self) -> int:
        """The number of records that are not accounted for."""
        accounted = self.dropped.total() + self.rejected.total() + self.superseded
        return self.read - accounted - self.inserted - self.updated - self.unchanged

    def without_writes(self) -> Rows:
        """Return the counts after a rollback: of records read, dropped, rejected and superseded."""
        return replace(self, inserted=0, updated=0, unchanged=0, absent=0, returned=0)

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """All counts as plain JSON, as `run --json` and the ledger show them."""
        counts = {name: getattr(self, name) for name in self.__slots__}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in counts.items()}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Which load a run of a rebuild repeats."""

    of: int | None  # None: the export was never loaded before


@dataclass(frozen=True, slots=True)
class RunReport:
    """The report of one run. `pipeline.reporter` assembles it; hooks may append to `warnings`."""

    feed: str
    applied: bool
    started_at: datetime
    outcome: RunOutcome = RunOutcome.FAILED
    run_id: int | None = None
    snapshot: Snapshot | None = None
    refused: Exception | None = None  # why the newest export was refused, if the run fell back to an older one
    pieces: bool = False  # whether exports hold changes only
    keeps_newer: bool = False  # whether to skip a record that is older than the row of its ticket
    archive_copies: bool = False  # whether archived exports also stay in the bucket
    truncated: bool = False  # by its exporter, or because it is held as truncated
    held: str = ""  # why it is held as truncated although its exporter did not mark it
    missing: Sequence[str] = ()  # columns with a role that the export lacks
    line_end: bool | None = None  # whether its last line has a line end
    written: datetime | None = None  # when the export was written; a time in the future counts as now
    newest: datetime | None = None
    rows: Rows = field(default_factory=Rows)
    changes: Changes = field(default_factory=Changes)
    known_statuses: Sequence[str] = ()  # all statuses seen in the feed so far
    new_statuses: Sequence[str] = ()  # those of them that the feed does not declare
    unknown_columns: Sequence[str] = ()
    archived: Sequence[str] = ()
    superseded_exports: Sequence[str] = ()
    timings: dict[str, float] = field(default_factory=dict)  # stage → seconds
    warnings: list[str] = field(default_factory=list)
    rejects: Sequence[Reject] = ()
    header: bytes = b""
    replayed: int = 0  # rejected records that a replay read again
    rebuilt: Rebuilt | None = None  # the load that a rebuild repeats
    history: bool = False  # whether history was captured
    geocoding: Geocoded | None = None  # if the run geocoded
    holder: str = ""  # who holds the feed's lock, if the run was busy
    committing: bool = False  # whether COMMIT was sent; until it is acknowledged, the outcome is unknown
    committed: bool = False  # whether the result is committed, whatever fails afterwards
    error: Exception | None = None  # why the run failed or was refused
