"""A walk over the records of a file, by itself and line by line: what it finds the reader must find, too."""

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
    """Say where one record lies in the spool."""

    start: int
    end: int  # after its line end
    line: int  # physical line of the file, from 1
    lines: int
    fault: str = (
        ""  # UNCLOSED, BACKSLASH, STRAY, INSIDE: its quotes are not RFC 4180's; NOT_UTF8, TOO_MANY, TOO_FEW, TOO_LONG
    )


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a file that is not empty into memory, to be read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        yield text


def release(text: mmap.mmap, end: int) -> None:
    """Give back the memory of what is walked over: a mapped file counts as the process's own."""
    text.madvise(mmap.MADV_DONTNEED, 0, end - end % mmap.PAGESIZE)


def plain(width: int, delimiter: bytes = b",", spare: int = 0) -> re.Pattern[bytes]:
    """Compile what matches a run of records that need no second look: one line, `width` fields, quotes in order.

    Almost all are so, and the regular expression finds that out in a fraction of the time of a walk. `spare`: how many
    empty fields may follow.
    """
    if width < 2:
        return _NOTHING  # a blank line would match
    sign = re.escape(delimiter)
    # Not repeated possessively: Python before 3.11.5 would then end inside a record.
    cell = rb'(?:"[^"\n]*+(?:""[^"\n]*+)*+"|[^"%b\n]*+)' % sign
    return re.compile(rb"(?:%b(?:%b%b){%d}(?:%b){0,%d}+\n){1,5000}" % (cell, sign, cell, width - 1, sign, spare))


def reach(text: mmap.mmap, start: int, end: int) -> int:
    """Tell how far a run of one-line records goes before one that is too long."""
    if end - start > LONGEST:
        while start < end:
            stop = text.find(b"\n", start) + 1
            if stop - start > LONGEST:
                return start
            start = stop
    return end


def walk(text: mmap.mmap, start: int = 0, line: int = 1, delimiter: bytes = b",") -> Iterator[Span]:
    """Yield every record from a place and its line on (the header is the first); blank lines belong to none.

    It follows quotes by itself, as RFC 4180 and DuckDB's strict mode do: that DuckDB read as many records as are walked
    over here is the proof that no line was lost.
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
    """Count line ends; a piece at a time, because one record may be as large as the file."""
    pieces = range(start, end, _CHUNK)
    return sum(text[piece : min(piece + _CHUNK, end)].count(b"\n") for piece in pieces)


def is_blank(text: mmap.mmap, start: int, end: int) -> bool:
    """Tell whether there is nothing but white space."""
    found = _BLANK.match(text, start, end)
    return found is not None and found.end() == end


def _record_end(text: mmap.mmap, start: int, size: int, delimiter: bytes) -> tuple[int, str]:
    """Find the end of a record with quotes in it, and what is wrong with them. It leaps from quote to quote."""
    place = end = start
    while True:
        if place >= end:  # not for each quote: a line may hold very many
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
    """Tell whether a quote begins a field; one inside `5" pipe` is a character like any other."""
    while quote > start and text[quote - 1 : quote] == b" ":
        quote -= 1
    return quote == start or text[quote - 1 : quote] == delimiter


def _past_quotes(text: mmap.mmap, quote: int, end: int, delimiter: bytes) -> tuple[int, bool]:
    """Go past quotes inside an unquoted field, and tell whether they enclose a delimiter.

    In `78.07"Table, round",x` the delimiter before the quote was lost: read as it stands, its cells would be shifted.
    The mark of inches in `5" pipe` opens nothing, unless a later quote closes a cell behind a delimiter: whether
    `5" table, round 48",x` are two cells or three, nobody can know.
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
    if text[past : past + 1] == delimiter:  # `5",6"` are inches, `b",c"` began with a delimiter in quotes
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
    """Find where a writer that escapes with backslashes meant the record to end, at most 100 lines on."""
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
