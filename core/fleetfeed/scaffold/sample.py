"""A sample of an export: few records, in which every column and every word of a status occurs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from fleetfeed.scaffold.draft import Draft
from fleetfeed.scaffold.table import Table

_FIRST = 5  # records that are taken whatever they say

Row = tuple[str | None, ...]
Shown = tuple[int, str]  # a column, and one of its few words; "" for any cell at all


def sample_of(table: Table, draft: Draft) -> bytes:
    """Write a sample in the export's own dialect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=table.dialect.delimiter, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(row for _, row in sorted(_chosen(table, draft).items()))
    return out.getvalue().encode(table.dialect.encoding)


def _chosen(table: Table, draft: Draft) -> dict[int, Row]:
    """Choose records that show what none before did: one of a ticket, so that it is the latest; and all of one ticket.

    Only what no other ticket shows takes a second record of one.
    """
    key = draft.key.place if draft.key else None
    several = table.repeated(key) if key is not None else None
    missing = {(guess.place, word) for guess in draft.columns if guess.cells.filled for word in ("", *guess.cells.few)}
    chosen: dict[int, Row] = {}
    taken: set[str | None] = set()
    for again in (False, True):
        for number, row in enumerate(table.rows()):
            ticket = row[key] if key is not None else None
            if not again and ticket is not None and ticket == several:
                pass
            elif (ticket in taken and ticket is not None and not again) or not (
                missing & {*_shown(row, draft)} or (len(chosen) < _FIRST and not again)
            ):
                continue
            chosen[number] = row
            taken.add(ticket)
            missing -= {*_shown(row, draft)}
    return chosen


def _shown(row: Row, draft: Draft) -> Iterator[Shown]:
    for guess in draft.columns:
        cell = row[guess.place]
        if cell and cell not in draft.nulls:
            yield guess.place, ""
            yield guess.place, cell
