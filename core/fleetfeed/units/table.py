"""Reads the CSV files that people and programs write about units."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from fleetfeed.errors import UsageError
from fleetfeed.fleet import listed
from fleetfeed.text.escape import counted, printable
from fleetfeed.text.parse import clean
from fleetfeed.text.suggest import did_you_mean

LARGEST = 10 << 20  # bytes of a file


def rows(
    content: bytes, name: str, needed: Sequence[str], others: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row by column, with where it is: `vans.csv, line 4`. Empty lines are left out.

    Raises UsageError, before the first row, for a file that is no such table.
    """
    lines = csv.reader(io.StringIO(_decoded(content, name), newline=""), strict=True)
    records = list(_records(lines, name))
    if not records:
        raise UsageError(f"{name} is empty.", next_step=f"Its first line should be: {','.join((*needed, *others))}.")
    header = [clean(cell) or "" for cell in records[0][1]]
    _check_header(header, f"{name}, line {records[0][0]}", needed, others)
    faults = [
        f"{name}, line {line}: {counted(len(cells), 'cell')}, but the header has {len(header)}"
        for line, cells in records[1:]
        if len(cells) != len(header)
    ]
    if faults:
        raise UsageError(f"{name} cannot be read:{listed(faults)}", next_step="Quote cells that hold commas or quotes.")
    for line, cells in records[1:]:
        yield f"{name}, line {line}", {key: clean(cell) or "" for key, cell in zip(header, cells, strict=True)}


def _records(lines: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line at which a record begins, and its cells."""
    begin = 1
    try:
        for cells in lines:
            if any(map(str.strip, cells)):
                yield begin, cells
            begin = int(getattr(lines, "line_num", 0)) + 1
    except csv.Error as error:
        raise UsageError(
            f"{name}, line {begin}: {error}.", next_step="Write it as CSV: commas, and quotes around cells with commas."
        ) from None


def _decoded(content: bytes, name: str) -> str:
    if len(content) > LARGEST:
        raise UsageError(f"{name} is larger than {LARGEST >> 20} MB.", next_step="Give a list of units, not a log.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = before[before.rfind(b"\n") + 1 :].count(b",") + 1
        line = before.count(b"\n") + 1
        where = f"{name}, line {line}, cell {column}"
        raise UsageError(f"{where}: it is not UTF-8 text.", next_step="Save the file as UTF-8.") from None


def _check_header(header: Sequence[str], where: str, needed: Sequence[str], others: Sequence[str]) -> None:
    known = (*needed, *others)
    faults = [f"{column} is missing" for column in needed if column not in header]
    faults += [
        f"{printable(column)[:60] or 'a column without a name'} is no column{did_you_mean(column, known)}"
        for column in header
        if column not in known
    ]
    faults += [f"{column} is there twice" for column in known if header.count(column) > 1]
    if faults:
        raise UsageError(
            f"{where}: the header is wrong: {', '.join(faults[:10])}.",
            next_step=f"Its columns, with commas between: {', '.join(needed)}; and if needed: {', '.join(others)}.",
        )
