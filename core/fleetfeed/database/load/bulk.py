"""Writes a large first load: rows first, then indexes, counts and the change log in one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleetfeed.database.connection import Database
from fleetfeed.database.load import diff
from fleetfeed.database.load.write import insert, log
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import literal, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.model import Changes
from fleetfeed.states import ChangeKind

_PARSED = "(SELECT ticket_id, raw::jsonb AS raw, source_digest, location_key FROM incoming OFFSET 0)"


def begin(db: Database, feed: Feed) -> bool:
    """Prepare the table of a feed that was never loaded; False if it has rows or is in use, so that it cannot be done.

    Until the transaction ends, others wait to read the table.
    """
    return diff.is_empty(db, feed) and bool(db.one("SELECT tickets.begin_bulk_load(%s)", [feed.name]))


@dataclass(frozen=True, slots=True)
class BulkWriter:
    """Write to an empty table; every ticket is new."""

    db: Database
    feed: Feed
    run_id: int
    observed: datetime  # the export's own time

    def stage(self) -> None:
        """Create the temporary table for blocks, in which `raw` stays text: it is parsed once, by the INSERT."""
        diff.create_incoming(self.db, "text")

    def write(self, block: str) -> None:
        """Write one block of tickets."""
        diff.stage(self.db, block)
        self.db.execute(insert(self.feed, _PARSED, f"{self.run_id:d}"))
        self.db.execute("TRUNCATE incoming")

    def finish(self) -> Changes:
        """Count what was written, write the change log, and build the table's indexes.

        The change log keeps its own: other feeds write to it meanwhile.
        """
        name, status = table(self.feed), quoted(self.feed.roles.status)
        shut = f"raw ? {literal(self.feed.roles.closed)}" if self.feed.roles.closed else "false"
        statuses = self.db.all(
            f"SELECT {status}, count(*), count(*) FILTER (WHERE {shut}) FROM {name} "
            f"WHERE {status} IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        checks = list(tables.checked_columns(self.feed))
        unreadable = [f"count(*) FILTER (WHERE {missing} AND raw ? {literal(name)})" for name, missing in checks]
        count, *cells = self.db.all(f"SELECT {', '.join(['count(*)', *unreadable])} FROM {name} AS t")[0]
        self.db.execute(f"{log(self.feed, self.run_id, self.observed, ChangeKind.INSERTED)}, NULL FROM {name}")
        self.db.execute("SELECT tickets.end_bulk_load(%s)", [self.feed.name])
        return Changes(
            staged=count,
            inserted=count,
            unreadable={name: found for (name, _), found in zip(checks, cells, strict=True) if found},
            statuses={word: many for word, many, _ in statuses},
            closings={word: closed for word, _, closed in statuses},
        )
