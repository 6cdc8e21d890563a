"""Count the records of an export, and find the broken ones, before DuckDB reads it."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from fleetfeed.errors import ExportRefused
from fleetfeed.feed.layout import Layout
from fleetfeed.reader.header import Header
from fleetfeed.reader.scanner import (
    LONGEST,
    NOT_UTF8,
    STRAY,
    TOO_FEW,
    TOO_LONG,
    TOO_MANY,
    UNCLOSED,
    Span,
    end_of_stretch,
    release,
    simple_records,
    walk,
)
from fleetfeed.text.parse import cells

_SAMPLE = 100  # records examined for a trailing delimiter


class Records(NamedTuple):
    """Number of records, and the broken ones."""

    total: int  # with the broken ones
    broken: tuple[Span, ...]


class Shape(NamedTuple):
    """The fields of each record."""

    names: tuple[str, ...]
    spare: int  # empty fields allowed at the end of a record, beyond the columns


def shape_of(text: mmap.mmap, header: Header, layout: Layout) -> Shape:
    """Find out whether records end with surplus delimiters, which make no column.

    Trailing columns without a name count as columns if one of the first records has a value in them.
    """
    delimiter = layout.delimiter
    named, unnamed = len(header.names), len(header.cells) - len(header.names)
    spans = islice(walk(text, header.span.end, header.span.line + header.span.lines, delimiter.encode()), _SAMPLE)
    rows = [
        cells(text[span.start : min(span.end, span.start + LONGEST)], delimiter) for span in spans if not span.fault
    ]
    surplus = [row[named:] for row in rows if len(row) > named]
    if any(any(cell.strip() for cell in row[:unnamed]) for row in surplus):
        return Shape((*header.names, *(f"column_{place}" for place in range(named + 1, named + unnamed + 1))), 0)
    same = {len(row) for row in surplus}
    is_habit = len(surplus) == len(rows) and len(same) == 1 and not any("".join(row).strip() for row in surplus)
    # A single record, or only the rejected ones, cannot show whether cells are shifted or surplus.
    if is_habit and len(rows) > 1 and not layout.some:
        return Shape(header.names, max(unnamed, *same))
    return Shape(header.names, unnamed)


def count_records(text: mmap.mmap, header: Header, shape: Shape, delimiter: bytes) -> Records:
    """Count the records and collect the broken ones. Raises ExportRefused if an open quote swallows lines."""
    broken: list[Span] = []
    start, line, records = header.span.end, header.span.line + header.span.lines, 0
    run = simple_records(len(shape.names), delimiter, shape.spare)
    while True:
        while found := run.match(text, start):
            while start < found.end():
                if (stop := end_of_stretch(text, start, found.end())) == start:
                    stop = text.find(b"\n", start) + 1
                    broken.append(Span(start, stop, line, 1, TOO_LONG))
                    lines = 1
                else:
                    piece = text[start:stop]
                    lines = piece.count(b"\n")
                    broken.extend(_not_utf8(piece, start, line))
                records, line, start = records + lines, line + lines, stop
            release(text, start)
        span = next(walk(text, start, line, delimiter), None)
        if span is None:
            return Records(records, tuple(broken))
        records, line, start = records + 1, span.line + span.lines, span.end
        _check_quotes(span, records)
        if fault := span.fault or _fault(text, span, shape, delimiter):
            broken.append(span._replace(fault=fault))
        if span.end - span.start > LONGEST:
            release(text, start)


def _check_quotes(span: Span, record: int) -> None:
    if span.fault == UNCLOSED or (span.fault == STRAY and span.lines > 1):
        swallowed = f" and swallows {span.lines - 1:,} more line{'s' * (span.lines != 2)}" if span.lines > 1 else ""
        raise ExportRefused(f"record {record:,} on line {span.line:,} opens a quote that is not closed{swallowed}")


def _not_utf8(piece: bytes, start: int, line: int) -> Iterator[Span]:
    """Find the lines that are not UTF-8. DuckDB decodes only the columns it is asked for, so it would miss some."""
    if piece.isascii() or _is_utf8(piece):
        return
    for number, record in enumerate(piece.removesuffix(b"\n").split(b"\n"), line):
        end = start + len(record) + 1
        if not _is_utf8(record):
            yield Span(start, end, number, 1, NOT_UTF8)
        start = end


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fault(text: mmap.mmap, span: Span, shape: Shape, delimiter: bytes) -> str:
    """Return what is wrong with a record that is not plain, as far as DuckDB does not find it.

    DuckDB finds too few fields as well, but it reports each missing field, which takes seconds for wide exports.
    """
    if span.end - span.start > LONGEST:
        return TOO_LONG
    record = text[span.start : span.end]
    if not record.isascii() and not _is_utf8(record):
        return NOT_UTF8
    if _is_too_narrow(record, shape, delimiter):
        return TOO_FEW
    return TOO_MANY if _is_too_wide(record, shape, delimiter) else ""


def _is_too_narrow(record: bytes, shape: Shape, delimiter: bytes) -> bool:
    if b'"' in record:
        return len(cells(record, delimiter.decode())) < len(shape.names)
    return record.count(delimiter) + 1 < len(shape.names)


def _is_too_wide(record: bytes, shape: Shape, delimiter: bytes) -> bool:
    """Whether a record has more fields than the header.

    DuckDB silently accepts such a record if its last field is empty, but a stray comma may have shifted its cells.
    """
    record = record.rstrip(b" \n")
    if not record.endswith((delimiter, b'""')):
        return False
    found = cells(record, delimiter.decode())
    named = len(shape.names)
    return len(found) > named + shape.spare or any(cell.strip() for cell in found[named:])
