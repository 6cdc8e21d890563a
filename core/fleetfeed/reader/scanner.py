"""Find record boundaries line by line without DuckDB, to prove that it lost no line."""

from __future__ import annotations

import mmap
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

UNCLOSED = "a quote that is never closed"
BACKSLASH = "a quote escaped with a backslash"
STRAY = "text after a closing quote"
INSIDE = "a quote inside a cell that has no quotes around it"
NOT_UTF8 = "bytes that are not UTF-8"
TOO_MANY = "too many fields"
TOO_FEW = "too few fields"
TOO_LONG = "a record that is too long"
LONGEST = 4 << 20  # bytes of a record; DuckDB needs a buffer of several
_NOTHING = re.compile(rb"(?!)")
_BLANK = re.compile(rb"[ \t\n\r\x0b\x0c]*+")
_QUOTES = re.compile(rb'"++')
_CHUNK = 1 << 20


class Span(NamedTuple):
    """The place of one record in the spool."""

    start: int
    end: int  # after its line end
    line: int  # physical line of the file, from 1
    lines: int
    fault: str = (
        ""  # UNCLOSED, BACKSLASH, STRAY, INSIDE: its quotes are not RFC 4180's; NOT_UTF8, TOO_MANY, TOO_FEW, TOO_LONG
    )


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a non-empty file into memory, read-only."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        yield text


def release(text: mmap.mmap, end: int) -> None:
    """Release the memory before `end`; mapped pages count as memory of the process."""
    text.madvise(mmap.MADV_DONTNEED, 0, end - end % mmap.PAGESIZE)


def simple_records(width: int, delimiter: bytes = b",", spare: int = 0, tall: bool = False) -> re.Pattern[bytes]:
    """Compile a pattern for a stretch of simple records: one line, `width` fields, well-formed quotes.

    Almost all records are simple, and the pattern is far faster than a walk. `spare`: number of empty fields that may
    follow. `tall`: whether cells in quotes may have line ends.
    """
    if width < 2:
        return _NOTHING  # a blank line would match
    sign = re.escape(delimiter)
    # Not a possessive repetition: before 3.11.5, Python could then end inside a record.
    inside = rb'[^"]*+' if tall else rb'[^"\n]*+'
    cell = rb'(?:"%b(?:""%b)*+"|[^"%b\n]*+)' % (inside, inside, sign)
    return re.compile(rb"(?:%b(?:%b%b){%d}(?:%b){0,%d}+\n){1,5000}" % (cell, sign, cell, width - 1, sign, spare))


def end_of_stretch(text: mmap.mmap, start: int, end: int) -> int:
    """Return where a stretch of one-line records ends, or the first one that is too long begins."""
    if end - start > LONGEST:
        while start < end:
            stop = text.find(b"\n", start) + 1
            if stop - start > LONGEST:
                return start
            start = stop
    return end


def walk(text: mmap.mmap, start: int = 0, line: int = 1, delimiter: bytes = b",") -> Iterator[Span]:
    """Yield every record from a place and line on, including the header; skip blank lines.

    Quotes are followed as in RFC 4180 and DuckDB's strict mode, but independently of DuckDB: if both find the same
    number of records, no line was lost.
    """
    size = len(text)
    while start < size:
        end, fault = text.find(b"\n", start) + 1 or size, ""
        if text.find(b'"', start, end) >= 0:
            end, fault = _record_end(text, start, size, delimiter)
        lines = 1 if text.find(b"\n", start, end - 1) < 0 else line_ends(text, start, end - 1) + 1
        if lines > 1 or not is_blank(text, start, end):
            yield Span(start, end, line, lines, fault)
        start, line = end, line + lines


def line_ends(text: mmap.mmap, start: int, end: int) -> int:
    """Count line ends, in pieces because one record may be as large as the file."""
    pieces = range(start, end, _CHUNK)
    return sum(text[piece : min(piece + _CHUNK, end)].count(b"\n") for piece in pieces)


def is_blank(text: mmap.mmap, start: int, end: int) -> bool:
    """Whether there is only white space."""
    found = _BLANK.match(text, start, end)
    return found is not None and found.end() == end


def _record_end(text: mmap.mmap, start: int, size: int, delimiter: bytes) -> tuple[int, str]:
    """Find the end of a record with quotes, and what is wrong with them, by jumping from quote to quote."""
    place = end = start
    while True:
        if place >= end:  # not for each quote: a line may have many
            end = text.find(b"\n", place) + 1 or size
        quote = text.find(b'"', place, end)
        if quote < 0:
            return end, ""
        if not _opens_field(text, quote, start, delimiter):
            place, broken = _past_quotes(text, quote, end, delimiter)
            if broken:
                return end, INSIDE
            continue
        quote = _closing_quote(text, quote + 1)
        if quote < 0:
            return size, UNCLOSED
        place = _past_spaces(text, quote + 1)
        if text[place : place + 1] not in (delimiter, b"\n", b""):
            end = end if place < end else text.find(b"\n", place) + 1 or size
            escaped = text[quote - 1 : quote] == b"\\"
            return (_backslash_end(text, start, end, size), BACKSLASH) if escaped else (end, STRAY)


def _opens_field(text: mmap.mmap, quote: int, start: int, delimiter: bytes) -> bool:
    """Whether a quote begins a field; in `5" pipe` it is an ordinary character."""
    while quote > start and text[quote - 1 : quote] == b" ":
        quote -= 1
    return quote == start or text[quote - 1 : quote] == delimiter


def _past_quotes(text: mmap.mmap, quote: int, end: int, delimiter: bytes) -> tuple[int, bool]:
    """Skip quotes inside an unquoted field; also return whether they enclose a delimiter.

    In `78.07"Table, round",x` the delimiter before the quote is missing: its cells would be shifted. The inch mark in
    `5" pipe` opens nothing, unless a later quote closes a cell before a delimiter: `5" table, round 48",x` may be two
    cells or three.
    """
    run = _QUOTES.match(text, quote, end)
    past = run.end() if run else quote + 1
    if (past - quote) % 2 == 0 or text[past : past + 1] in (b"\n", b""):
        return past, False
    closing = _closing_quote(text, past, end)
    if closing < 0:
        return past, False
    after = _past_spaces(text, closing + 1)
    closes, inches = text[after : after + 1] in (b"\n", b"", delimiter), text[quote - 1 : quote].isdigit()
    if text[past : past + 1] == delimiter:  # `5",6"` are inches; `b",c"` was a quoted delimiter
        inches = not closes or (inches and text[closing - 1 : closing].isdigit())
    elif text[past : past + 1] in (b" ", b"x", b"X"):
        inches = inches and not closes
    else:
        inches = False
    if inches:
        return past, False
    return closing + 1, text.find(delimiter, past, closing) >= 0


def _past_spaces(text: mmap.mmap, place: int) -> int:
    while text[place : place + 1] == b" ":
        place += 1
    return place


def _closing_quote(text: mmap.mmap, place: int, end: int = sys.maxsize) -> int:
    while (place := text.find(b'"', place, end)) >= 0 and text[place + 1 : place + 2] == b'"':
        place += 2
    return place


def _backslash_end(text: mmap.mmap, start: int, end: int, size: int) -> int:
    """Find the end of a record written with backslash escapes, within 100 lines."""
    first, last = start, end
    is_open = False
    for _ in range(100):
        line = text[first : min(last, first + LONGEST)]
        is_open ^= (line.count(b'"') - line.count(b'\\"')) % 2 == 1
        if not is_open or last >= size:
            return last
        if last - start > LONGEST:
            break
        first, last = last, text.find(b"\n", last) + 1 or size
    return end
