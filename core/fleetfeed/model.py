"""The objects that flow through a run, in the order in which they appear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.states import RunOutcome

if TYPE_CHECKING:
    from fleetfeed.geo import Geocoded


ALLOWANCE = timedelta(days=1)  # clocks differ, and zones are declared wrong: no time within it is in the future
LONGEST_KEY = 500  # characters: of four bytes each they still fit an index entry
SENTINEL = "sentinel"  # the reason by which the record is dropped that says that the exporter hit its limit


def is_plausible(time: datetime, now: datetime) -> bool:
    """Tell whether a time is not in the future."""
    return time - ALLOWANCE <= now


@dataclass(frozen=True, slots=True, order=True)
class StoredObject:
    """Name one object of a bucket, as its listing showed it."""

    last_modified: datetime  # first, so that the newest is simply the greatest
    key: str
    etag: str  # no quotes; an opaque mark of change, not a digest
    size: int
    # Another one means that the bytes may be others, though all above is equal: a file's time can be set back.
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LastLoad:
    """Recall what the ledger says of the last export that was loaded."""

    key: str
    etag: str
    sha256: str
    fingerprint: str
    newest: datetime | None  # latest `winner` time in it
    written: datetime | None = None  # when it was written
    size: int | None = None  # None is not known
    mark: str = ""  # "" is not known
    held: str = ""  # why it is held as truncated
    missing: frozenset[str] | None = None  # columns with a role that it lacked; None is not known
    line_end: bool | None = None  # whether its last line had an end; None is not known
    statuses: frozenset[str] | None = None  # every status that the feed had; None is not known
    new_statuses: frozenset[str] = frozenset()  # those of them that nobody has explained


@dataclass(frozen=True, slots=True)
class Ledger:
    """Tell the source stage what has been done already, and where it may spool."""

    last: LastLoad | None
    processed: frozenset[StoredObject]  # loaded, superseded or refused before
    refused: frozenset[StoredObject]  # those of them that were refused: they overtake nothing
    scratch: Path
    now: datetime  # by the database's clock, which is the same for every client
    accept: bool = False  # whether an export that is held as truncated is to be loaded again, as a complete one
    pieces: bool = False  # whether each export holds changes only, so that none may be left out
    unread: frozenset[StoredObject] = frozenset()  # pieces that were listed once, and never loaded
    passed: frozenset[StoredObject] = frozenset()  # refused in this run: one that came before them is to be found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Hold one export, spooled to disk; `path` is None where its bytes are those that are loaded already."""

    stored: StoredObject
    sha256: str
    path: Path | None
    listed: tuple[StoredObject, ...] = ()  # all exports of the listing, this one too
    missing: tuple[StoredObject, ...] = ()  # listed, but gone when asked for
    waiting: int = 0  # exports after this one that are to be loaded, too

    def older(self) -> frozenset[StoredObject]:
        """Give the exports of the listing that come before this one."""
        place = self.listed.index(self.stored) if self.stored in self.listed else 0
        return frozenset(self.listed[:place])


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one record of an export: its cells as text, in the order of the header; an empty cell is None."""

    number: int  # place among the records that could be read, from 1
    key: str | None
    digest: str
    values: Mapping[str, str | None]


class RowRejected(Exception):
    """Say why a row cannot become a ticket; its record goes to `tickets.rejects` and the load goes on."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Ticket:
    """Hold one ticket as it will be stored: `raw` has no nulls and is the source of every typed column."""

    key: str
    raw: Mapping[str, str]
    row: Row
    location_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Keep the evidence of one record that could not be read: nothing of an export vanishes."""

    record: int
    line: int
    reason: str
    detail: str
    raw: bytes  # of a very long record the beginning
    key: str | None = None
    size: int | None = None  # bytes of the whole record; None: all of them are in `raw`


@dataclass(frozen=True, slots=True)
class Changes:
    """Count what an upsert did, or would do."""

    staged: int = 0
    superseded: int = 0  # keys that met only after normalising
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    absent: int = 0
    returned: int = 0
    fields: Mapping[str, int] = field(default_factory=dict)  # column → tickets in which it changed
    examples: tuple[tuple[str, str, str | None, str | None], ...] = ()  # ticket, column, old, new
    unreadable: Mapping[str, int] = field(default_factory=dict)  # typed column → cells that are not of its type

    def __add__(self, other: Changes) -> Changes:
        """Add up two blocks; of examples the first are enough."""
        names = [name for name in self.__slots__ if isinstance(getattr(self, name), int)]
        return Changes(
            **{name: getattr(self, name) + getattr(other, name) for name in names},
            fields=Counter(self.fields) + Counter(other.fields),
            unreadable=Counter(self.unreadable) + Counter(other.unreadable),
            examples=self.examples or other.examples,
        )


@dataclass(slots=True)
class Rows:
    """Count the records of one export; `left_over` is 0 when every one of them is accounted for."""

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
        """Records that nothing accounts for: the law of balance says 0."""
        accounted = self.dropped.total() + self.rejected.total() + self.superseded
        return self.read - accounted - self.inserted - self.updated - self.unchanged

    def forget_writes(self) -> None:
        """Take back the counts of what was rolled back; what was read, dropped and rejected stays told."""
        self.inserted = self.updated = self.unchanged = self.absent = self.returned = 0

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """All counts, plain, as `run --json` and the ledger show them."""
        counts = {name: getattr(self, name) for name in self.__slots__}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in counts.items()}


@dataclass(slots=True)
class RunReport:
    """Tell one run; filled as the run goes on."""

    feed: str
    applied: bool
    started_at: datetime
    outcome: RunOutcome = RunOutcome.FAILED
    run_id: int | None = None
    snapshot: Snapshot | None = None
    refused: Exception | None = None  # the newest export's refusal, of a run that went on with one before it
    pieces: bool = False  # whether exports hold changes only
    keeps_newer: bool = False  # whether a record that is older than the row of its ticket is not written
    archive_copies: bool = False  # whether archived exports stay in the bucket, too
    truncated: bool = False  # by its exporter, or because it is held so
    held: str = ""  # why it is held as truncated though its exporter does not say so
    missing: list[str] = field(default_factory=list)  # columns with a role that the export lacks
    line_end: bool | None = None  # whether its last line has an end
    written: datetime | None = None  # when the export was written, as far as that can be believed
    newest: datetime | None = None
    rows: Rows = field(default_factory=Rows)
    changes: Changes = field(default_factory=Changes)
    statuses: Counter[str] = field(default_factory=Counter)  # of the tickets written or compared
    closings: Counter[str] = field(default_factory=Counter)  # those of them that have a closing time
    known_statuses: list[str] = field(default_factory=list)  # every one that the feed had so far
    new_statuses: list[str] = field(default_factory=list)  # those of them that nobody has explained
    unknown_columns: list[str] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    superseded_exports: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)  # stage → seconds
    warnings: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    header: bytes = b""
    replayed: int = 0  # rejected records, of a run that reads those again
    history: bool = False  # whether history was captured
    geocoding: Geocoded | None = None  # where it was asked for
    holder: str = ""  # who holds the feed's lock, of a busy run
    committing: bool = False  # whether COMMIT was said; until it is answered, nobody knows
    committed: bool = False  # whether what it found is entered for good, whatever comes after that
    error: Exception | None = None  # of a run that failed or was refused
