"""An export as a table of texts, read without the reader that is put to the test."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from fleetfeed.feed import Feed
from fleetfeed.text.parse import clean


@dataclass(frozen=True, slots=True)
class Table:
    """Hold the records of an export, by the declaration's names of its columns."""

    header: tuple[str, ...] = ()
    spelt: tuple[str, ...] = ()  # the header as the file spells it
    rows: tuple[dict[str, str], ...] = ()  # those with as many fields as the header, and a key

    def values(self, column: str) -> list[str]:
        """List the different cells of a column that are not empty, in the order in which they come."""
        return list(dict.fromkeys(cell for row in self.rows if (cell := clean(row.get(column)))))


def read(feed: Feed, content: bytes) -> Table:
    """Read an export as far as it can be read, leniently."""
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
    """Tell the record with which an exporter says that it hit its limit."""
    return bool(feed.sentinel) and first_cell.strip().startswith(feed.sentinel or "")


def _records(text: str, delimiter: str) -> Sequence[list[str]]:
    try:
        return [record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record]
    except csv.Error:
        return []
