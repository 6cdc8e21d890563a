"""Read an export with the csv module, independently of the reader under test."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from fleetfeed.feed import Feed
from fleetfeed.text.parse import clean


@dataclass(frozen=True, slots=True)
class Table:
    """The records of an export, under the declared column names."""

    header: tuple[str, ...] = ()
    spelt: tuple[str, ...] = ()  # the header as in the file
    rows: tuple[dict[str, str], ...] = ()  # with a key, and as many fields as the header

    def values(self, column: str) -> list[str]:
        """List the distinct non-empty cells of a column, in order of occurrence."""
        return list(dict.fromkeys(cell for row in self.rows if (cell := clean(row.get(column)))))


def read(feed: Feed, content: bytes) -> Table:
    """Read an export leniently."""
    text = content.decode(feed.encoding, "replace").removeprefix("\ufeff").replace("\0", "")
    records = _records(text, feed.delimiter)
    if not records:
        return Table()
    spelt = tuple(name.strip() for name in records[0])
    header = tuple(feed.headers.get(name, name) for name in spelt)
    rows = (dict(zip(header, record, strict=True)) for record in records[1:] if len(record) == len(header))
    kept = (row for row in rows if clean(row.get(feed.key)) and not stops(feed, row[header[0]]))
    return Table(header, spelt, tuple(kept))


def stops(feed: Feed, first_cell: str) -> bool:
    """Whether a record is the one with which the exporter marks a truncated export."""
    return bool(feed.sentinel) and first_cell.strip().startswith(feed.sentinel or "")


def _records(text: str, delimiter: str) -> Sequence[list[str]]:
    try:
        return [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record]
    except csv.Error:
        return []
