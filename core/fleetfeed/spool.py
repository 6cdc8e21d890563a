"""A spooled export made readable: one kind of line end, no BOM, no NUL; and a walk over its records, line by line."""

from __future__ import annotations

import csv
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import NamedTuple

from fleetfeed.errors import ExportRefused
from fleetfeed.parse import cells

_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_NOT_CSV = (
    (b"\x1f\x8b", "gzip bytes"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
)


UNCLOSED = "a quote that is never closed"
BACKSLASH = "a quote escaped with a backslash"
STRAY = "text after a closing quote"
TOO_MANY = "too many fields"


class Span(NamedTuple):
    """Say where one record lies in the spool."""

    start: int
    end: int  # after its line end
    line: int  # physical line of the file, from 1
    lines: int
    fault: str = ""  # UNCLOSED, BACKSLASH or STRAY: its quotes are not those of RFC 4180; or TOO_MANY


@dataclass(frozen=True, slots=True)
class Spool:
    """Hold a readable spool: its header, and how many NUL characters were taken out."""

    path: Path
    readable: Path  # the same bytes at the same places, but for blank lines where a record is broken
    header: tuple[str, ...]
    header_text: bytes
    header_end: int
    header_lines: int  # physical lines up to the end of the header
    records: int  # all but the header, broken ones too
    broken: tuple[Span, ...]
    nuls: int


def prepare(path: Path) -> Spool:
    """Make a spooled export readable, in place. Raises ExportRefused for what is no CSV file in UTF-8."""
    if path.stat().st_size == 0:
        raise refused("the file is empty")
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, what in _NOT_CSV:
        if start.removeprefix(_BOM).lstrip().startswith(mark):
            raise refused(f"it is not CSV: it looks like {what}")
    if start.count(b"\0") > len(start) // 4:
        raise refused("it is not UTF-8: it looks like UTF-16 text")
    nuls = _clean(path)
    if path.stat().st_size == 0:
        raise refused("the file is empty but for a BOM or NUL characters")
    with mapped(path) as text:
        spans = walk(text)
        header = next(spans, None)
        if header is None:
            raise refused("the file holds no header, only blank lines")
        if header.fault:
            raise refused(f"its header has {header.fault}")
        header_text = text[header.start : header.end]
        names = _header(header_text)
        records, broken = _count(text, spans, len(names))
    readable = _blanked(path, broken) if broken else path
    lines = header.line + header.lines - 1
    return Spool(path, readable, names, header_text, header.end, lines, records, broken, nuls)


def _count(text: mmap.mmap, spans: Iterator[Span], width: int) -> tuple[int, tuple[Span, ...]]:
    """Count the records and keep the broken ones; refuse a file in which an open quote swallows lines."""
    records, broken = 0, []
    for records, span in enumerate(spans, 1):
        if not span.fault:
            if _is_too_wide(text[span.start : span.end], width):
                broken.append(span._replace(fault=TOO_MANY))
            continue
        if span.fault == UNCLOSED or (span.fault == STRAY and span.lines > 1):
            raise refused(
                f"record {records:,} on line {span.line:,} opens a quote that is not closed and swallows "
                f"{span.lines - 1:,} more line{'s' * (span.lines != 2)}"
            )
        broken.append(span)
    return records, tuple(broken)


def _is_too_wide(record: bytes, width: int) -> bool:
    """Tell a record with more fields than the header, the last of them empty.

    DuckDB reads such a one without a word, but a comma too many in a place's name has moved every cell after it.
    """
    record = record.rstrip(b" \n")
    if not record.endswith((b",", b'""')):
        return False
    return (len(cells(record)) if b'"' in record else record.count(b",") + 1) > width


def _blanked(path: Path, broken: tuple[Span, ...]) -> Path:
    """Copy a spool with its broken records turned into blank lines, so that every byte keeps its place."""
    readable = path.with_suffix(".readable")
    copyfile(path, readable)
    with readable.open("r+b") as file:
        for span in broken:
            file.seek(span.start)
            file.write(b"\n" * (span.end - span.start))
    return readable


def refused(
    why: str, next_step: str = "Look at the export and at the exporter; the next complete export is loaded as ever."
) -> ExportRefused:
    """Make the error of a whole export that cannot be trusted."""
    return ExportRefused(
        f"The export is refused: {why}.",
        effect="Nothing of it was loaded; the table and the bucket are as they were.",
        next_step=next_step,
    )


def _clean(path: Path) -> int:
    """Give the file one kind of line end (LF), no BOM and no NUL; count the NULs taken out."""
    with mapped(path) as text:
        if text.find(b"\r") < 0 and text.find(b"\0") < 0 and text[:3] != _BOM:
            return 0
    nuls, cleaned = 0, path.with_suffix(".clean")
    with path.open("rb") as source, cleaned.open("wb") as target:
        if source.read(3) != _BOM:
            source.seek(0)
        while chunk := source.read(_CHUNK):
            if chunk.endswith(b"\r"):
                chunk += source.read(1)  # a CRLF must not fall between two chunks
            nuls += chunk.count(b"\0")
            target.write(chunk.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    cleaned.replace(path)
    return nuls


def _header(text: bytes) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([text.decode("utf-8")], strict=True))
    except UnicodeDecodeError:
        raise refused("its header is not UTF-8; it is written in another encoding") from None
    except csv.Error as error:
        raise refused(f"its header is not CSV ({error})") from None
    names = tuple(cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise refused(f"its header names {', '.join(map(repr, twice))} twice")
    return names


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Map a file that is not empty into memory, to be read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        yield text


def walk(text: mmap.mmap) -> Iterator[Span]:
    """Yield every record (the header is the first); blank lines belong to none.

    It follows quotes by itself, as RFC 4180 and DuckDB's strict mode do: that DuckDB read as many records as are walked
    over here is the proof that no line was lost.
    """
    start, line, size = 0, 1, len(text)
    while start < size:
        end, fault = text.find(b"\n", start) + 1 or size, ""
        if text.find(b'"', start, end) >= 0:
            end, fault = _record_end(text, start, size)
        lines = 1 if text.find(b"\n", start, end - 1) < 0 else text[start : end - 1].count(b"\n") + 1
        if lines > 1 or text[start:end].strip():
            yield Span(start, end, line, lines, fault)
        start, line = end, line + lines


def _record_end(text: mmap.mmap, start: int, size: int) -> tuple[int, str]:
    """Find the end of a record with quotes in it, and what is wrong with them. It leaps from quote to quote."""
    place = start
    while True:
        end = text.find(b"\n", place) + 1 or size
        quote = text.find(b'"', place, end)
        if quote < 0:
            return end, ""
        if not _opens_field(text, quote, start):
            place = quote + 1
            continue
        quote = _closing_quote(text, quote + 1)
        if quote < 0:
            return size, UNCLOSED
        place = _past_spaces(text, quote + 1)
        if text[place : place + 1] not in (b",", b"\n", b""):
            end = text.find(b"\n", place) + 1 or size
            escaped = text[quote - 1 : quote] == b"\\"
            return (_backslash_end(text, start, end, size), BACKSLASH) if escaped else (end, STRAY)


def _opens_field(text: mmap.mmap, quote: int, start: int) -> bool:
    """Tell whether a quote begins a field; one inside `5" pipe` is a character like any other."""
    while quote > start and text[quote - 1 : quote] == b" ":
        quote -= 1
    return quote == start or text[quote - 1 : quote] == b","


def _past_spaces(text: mmap.mmap, place: int) -> int:
    while text[place : place + 1] == b" ":
        place += 1
    return place


def _closing_quote(text: mmap.mmap, place: int) -> int:
    while (place := text.find(b'"', place)) >= 0 and text[place + 1 : place + 2] == b'"':
        place += 2
    return place


def _backslash_end(text: mmap.mmap, start: int, end: int, size: int) -> int:
    """Find where a writer that escapes with backslashes meant the record to end, at most 100 lines on."""
    last = end
    for _ in range(100):
        record = text[start:last]
        if (record.count(b'"') - record.count(b'\\"')) % 2 == 0 or last >= size:
            break
        last = text.find(b"\n", last) + 1 or size
    else:
        return end
    return last
