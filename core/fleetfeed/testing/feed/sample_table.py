"""Read an export with the csv module, independently of the reader under test."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from fleetfeed.feed import Feed
from fleetfeed.text.parse import clean


@dataclass(frozen=True, slots=True)
class Table:
    """The records of an export, under the declared column names."""

    header: tuple[str, ...] = ()
    rows: tuple[dict[str, str], ...] = ()  # with a key, and as many fields as the header

    def values(self, column: str) -> list[str]:
        """List the distinct non-empty cells of a column, in order of occurrence."""
        return list(dict.fromkeys(cell for row in self.rows if (cell := clean(row.get(column)))))


def read(feed: Feed, content: bytes) -> Table:
    """Read an export leniently."""
    text = content.decode(feed.encoding, "replace").removeprefix("\ufeff").replace("\0", "")
    try:
        records = [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=feed.delimiter) if record]
    except csv.Error:
        records = []
    if not records:
        return Table()
    header = tuple(feed.headers.get(name.strip(), name.strip()) for name in records[0])
    rows = (dict(zip(header, record, strict=True)) for record in records[1:] if len(record) == len(header))
    return Table(header, tuple(row for row in rows if clean(row.get(feed.key)) and not _stops(feed, row[header[0]])))


def _stops(feed: Feed, first_cell: str) -> bool:
    """Whether a record is the one with which the exporter marks a truncated export."""
    return bool(feed.sentinel) and first_cell.strip().startswith(feed.sentinel or "")
