"""Writes a large first load: rows first, then indexes, counts and the change log in one statement each.

Rows go by COPY straight into the table. Those that may have a place, which SQL computes, go through a temporary table:
tickets with coordinates of their own, and all tickets once the gazetteers know any place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fleetfeed.database.connection import Database
from fleetfeed.database.load import diff
from fleetfeed.database.load.copy_text import member
from fleetfeed.database.load.write import insert, log
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.tables import literal, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.model import Changes
from fleetfeed.states import ChangeKind

_PARSED = "(SELECT ticket_id, raw::jsonb AS raw, source_digest, location_key FROM incoming OFFSET 0)"
_COLUMNS = "run_id, ticket_id, raw, source_digest, location_key"
_TAB = "\t"
_PLACES_KNOWN = """
SELECT EXISTS (SELECT FROM tickets.geo_locations WHERE geom IS NOT NULL)
    OR EXISTS (SELECT FROM tickets.geo_clusters WHERE geom IS NOT NULL)
"""


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
    places_known: bool  # whether a gazetteer has any place

    @classmethod
    def create(cls, db: Database, feed: Feed, run_id: int, observed: datetime) -> BulkWriter:
        """Return a writer, with its temporary table, in which `raw` stays text: it is parsed once, by the INSERT."""
        diff.create_incoming(db, "text")
        return cls(db, feed, run_id, observed, bool(db.one(_PLACES_KNOWN)))

    def write(self, block: str) -> None:
        """Write one block of tickets."""
        if self.places_known:
            self._insert(block)
            return
        with_place, without = self._split(block)
        if without:
            with self.db.copy(f"COPY {table(self.feed)} ({_COLUMNS}) FROM STDIN") as copy:
                copy.write(without)
        if with_place:
            self._insert(with_place)

    def _insert(self, lines: str) -> None:
        diff.stage(self.db, lines)
        self.db.execute(insert(self.feed, _PARSED, f"{self.run_id:d}"))
        self.db.execute("TRUNCATE incoming")

    def _split(self, block: str) -> tuple[str, str]:
        """Return lines with coordinates, and those without, which begin with the run instead of the row's number."""
        latitude, run = self.feed.roles.latitude, f"{self.run_id:d}"
        own = member(latitude) if latitude else None
        with_place, without = list[str](), list[str]()
        for line in block.split("\n")[:-1]:
            if own and own in line:
                with_place.append(f"{line}\n")
            else:
                without.append(f"{run}\t{line.split(_TAB, 1)[1]}\n")
        return "".join(with_place), "".join(without)

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
