"""Collect rejected records: their place in the file, and their bytes as evidence."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping

from fleetfeed.errors import ExportRefused
from fleetfeed.model import Reject
from fleetfeed.reader.scanner import BACKSLASH, INSIDE, NOT_UTF8, STRAY, TOO_FEW, TOO_LONG, TOO_MANY, Span, mapped, walk
from fleetfeed.reader.spool import Spool
from fleetfeed.text.parse import cells, clean

BROKEN_QUOTING = "broken quoting"
KEPT = 1 << 20  # bytes of one record kept as evidence; the export has them all
_REASONS = {"MISSING COLUMNS": TOO_FEW, "TOO MANY COLUMNS": TOO_MANY}
_QUOTING = (BACKSLASH, STRAY, INSIDE)


def rejects(spool: Spool, pointers: Mapping[int, list[str]], read: int, key: str) -> list[Reject]:
    """Return each rejected record once, however many faults it has.

    `pointers`: byte offset → DuckDB's error types there. Raises ExportRefused if DuckDB and the scanner disagree on
    the number of records, because then some line belongs to no record.
    """
    faults = dict(_off_blank_lines(spool, pointers))
    found = [
        _reject(spool, record, span, faults.get(span.start), key, raw) for record, span, raw in _cut(spool, faults)
    ]
    if len(found) != len(faults) + len(spool.broken) or read + len(found) != spool.records:
        raise ExportRefused(
            f"{spool.records:,} records lie in the file, but {read:,} were read and {len(found):,} set aside: "
            "some lines belong to no record"
        )
    return found


def spans_of(spool: Spool, numbers: set[int], bad: set[int]) -> Iterator[tuple[int, int, Span, bytes]]:
    """Find rows by their number among the readable ones; `bad` are the lines of the others.

    Yields row number, record number, span, and the bytes, up to KEPT.
    """
    with mapped(spool.path) as text:
        number = 0
        spans = _records(text, spool)
        for record, span in enumerate(spans, 1):
            number += span.line not in bad
            if span.line not in bad and number in numbers:
                yield number, record, span, _kept(text, span)


def _off_blank_lines(spool: Spool, pointers: Mapping[int, list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Move pointers from blank lines to the next record; drop those to lines of white space only."""
    if not pointers:
        return
    with mapped(spool.readable) as text:
        for offset, errors in pointers.items():
            start = offset
            while text[start : start + 1] == b"\n":
                start += 1
            end = text.find(b"\n", start) + 1 or len(text)
            if text[start:end].strip():
                yield start, errors


def _cut(spool: Spool, faults: Mapping[int, list[str]]) -> Iterator[tuple[int, Span, bytes]]:
    if not faults and not spool.broken:
        return
    broken = {span.start: span for span in spool.broken}
    with mapped(spool.path) as text:
        for record, span in enumerate(_records(text, spool), 1):
            if span.start in broken or span.start in faults:
                yield record, broken.get(span.start, span), _kept(text, span)


def _kept(text: mmap.mmap, span: Span) -> bytes:
    return text[span.start : min(span.end, span.start + KEPT)]


def _records(text: mmap.mmap, spool: Spool) -> Iterator[Span]:
    head = spool.head
    return walk(text, head.end, head.line + head.lines, spool.delimiter.encode())


def _reject(spool: Spool, record: int, span: Span, errors: list[str] | None, key: str, raw: bytes) -> Reject:
    size, found = span.end - span.start, cells(raw, spool.delimiter)
    cut = f"the first {len(raw):,} of its {size:,} bytes are kept" if len(raw) < size else ""
    if span.fault in _QUOTING:
        reason, detail = BROKEN_QUOTING, span.fault
    else:
        reasons = [_REASONS.get(error, error.lower()) for error in errors or ()] or [span.fault]
        reason = next((r for r in (NOT_UTF8, TOO_MANY, TOO_FEW, TOO_LONG) if r in reasons), reasons[0])
        detail = "" if cut or reason == NOT_UTF8 else f"{len(found)} of {len(spool.header)} fields"
    place = spool.header.index(key)
    named = clean(found[place]) if place < len(found) else None
    return Reject(record, span.line, reason, detail or cut, raw, named, size if cut else None)
