"""Make a sample of an export: a few records that show every column and every status."""

from __future__ import annotations

import csv
import io

from fleetfeed.scaffold.draft import Draft
from fleetfeed.scaffold.table import Row, Table

_FIRST = 5  # records that are always taken


def sample_of(table: Table, draft: Draft, *, titles: bool) -> bytes:
    """Write a sample in the export's own dialect, with the lines before the header if the feed skips them."""
    out = io.StringIO()
    out.write(table.before_header() if titles else "")
    writer = csv.writer(out, delimiter=table.dialect.delimiter, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(row for _, row in sorted(_chosen(table, draft).items()))
    return out.getvalue().encode(table.dialect.encoding)


def _chosen(table: Table, draft: Draft) -> dict[int, Row]:
    """Choose records that show something new: all records of one ticket, and one of each other ticket.

    A second record of another ticket is taken only if it shows what no other ticket does.
    """
    key = draft.key.place if draft.key else None
    chosen = dict(table.versions_of_one(key)) if key is not None else {}
    missing = _Missing(draft)
    for row in chosen.values():
        missing.take(row)
    taken = {row[key] for row in chosen.values()} if key is not None else set()
    for again in (False, True):
        for number, row in enumerate(table.rows(), 1):
            if not missing.words and len(chosen) >= _FIRST:
                return chosen
            if number in chosen or (not again and key is not None and row[key] in taken):
                continue
            if missing.take(row) or (len(chosen) < _FIRST and not again):
                chosen[number] = row
                taken |= {row[key]} if key is not None else set()
    return chosen


class _Missing:
    """What the sample does not show yet: a filled cell of each column, and each word of columns with few."""

    def __init__(self, draft: Draft) -> None:
        self._nulls = frozenset(draft.nulls)
        filled = [guess for guess in draft.columns if guess.cells.filled]
        self.words = {guess.place: {"", *guess.cells.few} for guess in filled}

    def take(self, row: Row) -> bool:
        """Remove what a record shows; return whether that was anything."""
        found = False
        for place, words in list(self.words.items()):
            cell = row[place]
            if cell and cell not in self._nulls and not words.isdisjoint(("", cell)):
                words -= {"", cell}
                found = True
                if not words:
                    del self.words[place]
        return found
