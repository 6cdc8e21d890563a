"""The writes of a load: new, changed, vanished and returned tickets, and the change log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fleetfeed.database.connection import Database
from fleetfeed.database.load import diff
from fleetfeed.database.load.diff import DiffCounts
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import literal, place_of, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.model import Changes
from fleetfeed.states import ChangeKind

_COLUMNS = "ticket_id, raw, source_digest, location_key, geom, geo_source, geo_precision, run_id"
_SELECTED = "i.ticket_id, i.raw, i.source_digest, i.location_key, p.geom, p.geo_source, p.geo_precision"
_FOUND = "diff AS d JOIN incoming AS i USING (number)"
_PLACE = "geom = p.geom, geo_source = p.geo_source, geo_precision = p.geo_precision"


@dataclass(frozen=True, slots=True)
class Writer:
    """Write to the feed's table and the change log."""

    db: Database
    feed: Feed
    run_id: int
    observed: datetime  # the export's own time

    def begin(self) -> None:
        """Disable the trigger's place lookup per row: the writes resolve places per block."""
        self.db.execute("SELECT set_config('fleetfeed.placed', 'yes', true)")

    def write(self, found: DiffCounts) -> Changes:
        """Write the compared tickets of a block."""
        changes = self._insert() if found.new else Changes()
        if found.changed:
            changes += self._update()
        if found.respelt:
            self._respell()
        if found.returned:
            self.db.execute(f"{self._log(ChangeKind.RETURNED)}, NULL FROM diff WHERE was_absent ORDER BY number")
        return changes

    def end_blocks(self) -> None:
        """Enable the trigger again."""
        self.db.execute("SELECT set_config('fleetfeed.placed', '', true)")

    def mark(self, kind: ChangeKind, keys: Sequence[str]) -> None:
        """Mark tickets absent, or present again."""
        if not keys:
            return
        diff.create_key_table(self.db, str(kind), keys)
        since = self._observed if kind is ChangeKind.ABSENT else "NULL"
        self.db.execute(f"{self._log(kind)}, NULL FROM {quoted(str(kind))}")
        self.db.execute(
            f"UPDATE {table(self.feed)} AS t SET absent_since = {since} FROM {quoted(str(kind))} AS i "
            "WHERE t.ticket_id = i.ticket_id"
        )

    def _insert(self) -> Changes:
        count, unreadable = _write(
            self.db,
            self.feed,
            f"INSERT INTO {table(self.feed)} AS t ({_COLUMNS}) {_new(self.feed, f'{self.run_id:d}')}",
            f", logged AS ({self._log(ChangeKind.INSERTED)}, NULL FROM written)",
        )
        return Changes(inserted=count, unreadable=unreadable)

    def _update(self) -> Changes:
        self.db.execute(f"{self._log(ChangeKind.UPDATED)}, changed FROM diff WHERE changed IS NOT NULL ORDER BY number")
        count, unreadable = _write(  # ANY and not `=`: see diff.compare()
            self.db,
            self.feed,
            f"UPDATE {table(self.feed)} AS t SET raw = i.raw, source_digest = i.source_digest, "
            f"location_key = i.location_key, run_id = {self.run_id:d}, ingested_at = now(), absent_since = NULL, "
            f"{_PLACE} FROM {_FOUND}, {place_of(self.feed, 'i')} AS p "
            "WHERE t.ticket_id = ANY (ARRAY[d.ticket_id]) AND d.differs",
        )
        return Changes(updated=count, unreadable=unreadable)

    def _respell(self) -> None:
        """Update digest and place of unchanged tickets, and mark them present."""
        self.db.execute(
            f"UPDATE {table(self.feed)} AS t SET source_digest = i.source_digest, location_key = i.location_key, "
            f"absent_since = NULL, {_PLACE} FROM {_FOUND}, "
            f"{place_of(self.feed, 'i')} AS p "
            "WHERE t.ticket_id = ANY (ARRAY[d.ticket_id]) AND NOT d.differs AND (d.respelt OR d.was_absent)"
        )

    @property
    def _observed(self) -> str:
        return f"{literal(self.observed.isoformat())}::timestamptz"

    def _log(self, kind: ChangeKind) -> str:
        return log(self.feed, self.run_id, self.observed, kind)


@dataclass(frozen=True, slots=True)
class DryWriter:
    """Write to a temporary table of the feed's shape, to count unreadable cells in a dry run."""

    db: Database
    feed: Feed

    def begin(self) -> None:
        """Create the temporary table."""
        self.db.execute(tables.create_table(self.feed, self.db.postgis, "shape"))

    def write(self, found: DiffCounts) -> Changes:
        """Return the counts that writing the block would have."""
        changed = f"SELECT {_SELECTED}, NULL FROM {_FOUND}, {place_of(self.feed, 'i')} AS p WHERE differs"
        both = f"{_new(self.feed, 'NULL::bigint')} UNION ALL {changed}"
        _, unreadable = _write(self.db, self.feed, f"INSERT INTO shape AS t ({_COLUMNS}) {both}")
        self.db.execute("TRUNCATE shape")
        return Changes(inserted=found.new, updated=found.changed, unreadable=unreadable)

    def end_blocks(self) -> None:
        """Do nothing: the temporary table has no trigger."""

    def mark(self, kind: ChangeKind, keys: Sequence[str]) -> None:
        """Do nothing: a dry run marks no ticket."""


def insert(feed: Feed, source: str, run: str) -> str:
    """Return INSERT INTO the feed's table, with the place of each row of `source`."""
    selected = f"SELECT {_SELECTED}, {run} FROM {source} AS i, {place_of(feed, 'i')} AS p"
    return f"INSERT INTO {table(feed)} AS t ({_COLUMNS}) {selected}"


def log(feed: Feed, run_id: int, observed: datetime, kind: ChangeKind) -> str:
    """Return INSERT INTO the change log up to the kind; to be followed by the changed fields and FROM."""
    at = f"{literal(observed.isoformat())}::timestamptz"
    return (
        "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed) "
        f"SELECT {literal(feed.name)}, ticket_id, {run_id:d}, {at}, {literal(kind)}"
    )


def _new(feed: Feed, run: str) -> str:
    return (
        f"SELECT {_SELECTED}, {run} FROM incoming AS i, {place_of(feed, 'i')} AS p "
        "WHERE NOT EXISTS (SELECT FROM diff WHERE diff.number = i.number)"
    )


def _write(db: Database, feed: Feed, sql: str, log: str = "") -> tuple[int, dict[str, int]]:
    """Run a write and return the number of rows and, per column, of unreadable cells.

    Counted in the same statement, as reading the rows again would cost far more.
    """
    checks = list(tables.checked_columns(feed))
    asked = [f"{missing} AND t.raw ? {literal(name)} AS u{n}" for n, (name, missing) in enumerate(checks)]
    counts = [f"count(*) FILTER (WHERE u{n})" for n, _ in enumerate(checks)]
    count, *found = db.all(
        f"WITH written AS ({sql} RETURNING {', '.join(['t.ticket_id', *asked])}){log} "
        f"SELECT {', '.join(['count(*)', *counts])} FROM written"
    )[0]
    return count, {name: cells for (name, _), cells in zip(checks, found, strict=True) if cells}
