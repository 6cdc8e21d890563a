"""A spooled export made readable: one kind of line end, no BOM, no NUL, and blank where a record is broken."""

from __future__ import annotations

import codecs
import csv
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfile
from types import MappingProxyType

from fleetfeed.errors import ExportRefused
from fleetfeed.parse import cells
from fleetfeed.walk import LONGEST, STRAY, TOO_LONG, TOO_MANY, UNCLOSED, Span, mapped, plain, reach, release, walk

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


@dataclass(frozen=True, slots=True)
class Spool:
    """Hold a readable spool: its header, and how many NUL characters were taken out."""

    path: Path
    readable: Path  # the same bytes at the same places, but for blank lines where a record is broken
    header: tuple[str, ...]
    header_text: bytes
    skip: int  # lines before the records as DuckDB counts them: blank ones, and the header, even of several lines
    records: int  # all but the header, broken ones too
    broken: tuple[Span, ...]
    nuls: int
    delimiter: str = ","


def prepare(
    path: Path, *, delimiter: str = ",", encoding: str = "utf-8", headers: Mapping[str, str] = MappingProxyType({})
) -> Spool:
    """Make a spooled export readable. Raises ExportRefused for what is no CSV file in its encoding."""
    if path.stat().st_size == 0:
        raise ExportRefused("the file is empty")
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        path = _in_utf8(path, encoding)
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, what in _NOT_CSV:
        if start.removeprefix(_BOM).lstrip().startswith(mark):
            raise ExportRefused(f"it is not CSV: it looks like {what}")
    if start.count(b"\0") > len(start) // 4:
        raise ExportRefused("it is not UTF-8: it looks like UTF-16 text")
    path, nuls = _clean(path)
    if path.stat().st_size == 0:
        raise ExportRefused("the file is empty but for a BOM or NUL characters")
    sign = delimiter.encode()
    with mapped(path) as text:
        header = next(walk(text, delimiter=sign), None)
        if header is None:
            raise ExportRefused("the file holds no header, only blank lines")
        if header.fault:
            raise ExportRefused(f"its header has {header.fault}")
        header_text = text[header.start : header.end]
        names = _header(header_text, delimiter, headers)
        records, broken = _count(text, header.end, header.line + header.lines, len(names), sign)
    readable = _blanked(path, broken) if broken else path
    return Spool(path, readable, names, header_text, header.line, records, broken, nuls, delimiter)


def _count(text: mmap.mmap, start: int, line: int, width: int, delimiter: bytes) -> tuple[int, tuple[Span, ...]]:
    """Count the records and keep the broken ones; refuse a file in which an open quote swallows lines."""
    broken: list[Span] = []
    records, run = 0, plain(width, delimiter)
    while True:
        while found := run.match(text, start):
            while start < found.end():
                if (stop := reach(text, start, found.end())) == start:
                    stop = text.find(b"\n", start) + 1
                    broken.append(Span(start, stop, line, 1, TOO_LONG))
                lines = text[start:stop].count(b"\n")
                records, line, start = records + lines, line + lines, stop
            release(text, start)
        span = next(walk(text, start, line, delimiter), None)
        if span is None:
            return records, tuple(broken)
        records, line, start = records + 1, span.line + span.lines, span.end
        if span.fault == UNCLOSED or (span.fault == STRAY and span.lines > 1):
            swallowed = f" and swallows {span.lines - 1:,} more line{'s' * (span.lines != 2)}" if span.lines > 1 else ""
            raise ExportRefused(f"record {records:,} on line {span.line:,} opens a quote that is not closed{swallowed}")
        if span.fault:
            broken.append(span)
        elif span.end - span.start > LONGEST:
            broken.append(span._replace(fault=TOO_LONG))
        elif _is_too_wide(text[span.start : span.end], width, delimiter):
            broken.append(span._replace(fault=TOO_MANY))


def _is_too_wide(record: bytes, width: int, delimiter: bytes) -> bool:
    """Tell a record with more fields than the header, the last of them empty.

    DuckDB reads such a one without a word, but a comma too many in a place's name has moved every cell after it.
    """
    record = record.rstrip(b" \n")
    if not record.endswith((delimiter, b'""')):
        return False
    return (len(cells(record, delimiter.decode())) if b'"' in record else record.count(delimiter) + 1) > width


def _blanked(path: Path, broken: tuple[Span, ...]) -> Path:
    """Copy a spool with its broken records turned into blank lines, so that every byte keeps its place."""
    readable = path.with_suffix(".readable")
    copyfile(path, readable)
    with readable.open("r+b") as file:
        for span in broken:
            file.seek(span.start)
            for place in range(span.start, span.end, _CHUNK):
                file.write(b"\n" * min(_CHUNK, span.end - place))
    return readable


def _in_utf8(path: Path, encoding: str) -> Path:
    """Write a file anew in UTF-8; bytes that its encoding does not know stay, and make their record unreadable."""
    target, decoder = path.with_suffix(".utf8"), codecs.getincrementaldecoder(encoding)("surrogateescape")
    try:
        with path.open("rb") as source, target.open("wb") as file:
            for chunk in iter(partial(source.read, _CHUNK), b""):
                file.write(decoder.decode(chunk).encode("utf-8", "surrogateescape"))
            file.write(decoder.decode(b"", final=True).encode("utf-8", "surrogateescape"))
    except UnicodeError:
        raise ExportRefused(f"it is not written in {encoding}, as its feed declares") from None
    return target


def _clean(path: Path) -> tuple[Path, int]:
    """Give a file one kind of line end (LF), no BOM and no NUL; count the NULs taken out.

    That is another file where there is anything to do: a spool can be opened more than once.
    """
    with path.open("rb") as file:
        chunks = iter(partial(file.read, _CHUNK), b"")
        if not any(b"\r" in chunk or b"\0" in chunk or chunk.startswith(_BOM) for chunk in chunks):
            return path, 0
    nuls, cleaned = 0, path.with_suffix(".clean")
    with path.open("rb") as source, cleaned.open("wb") as target:
        if source.read(3) != _BOM:
            source.seek(0)
        while chunk := source.read(_CHUNK):
            if chunk.endswith(b"\r"):
                chunk += source.read(1)  # a CRLF must not fall between two chunks
            nuls += chunk.count(b"\0")
            target.write(chunk.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return cleaned, nuls


def _header(text: bytes, delimiter: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """Read the names of the columns, as the declaration spells them."""
    try:
        cells = next(csv.reader([text.decode("utf-8")], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        raise ExportRefused("its header is not UTF-8; it is written in another encoding") from None
    except csv.Error as error:
        raise ExportRefused(f"its header is not CSV ({error})") from None
    spelt = tuple(cell.strip() or f"column_{place}" for place, cell in enumerate(cells, 1))
    names = tuple(headers.get(name, name) for name in spelt)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ExportRefused(f"its header names {', '.join(map(repr, twice))} twice")
    return names
