"""Prepare a spooled export for DuckDB: LF line ends, no BOM, no NUL, and broken records blanked."""

from __future__ import annotations

import codecs
import mmap
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copyfile

from fleetfeed.errors import ExportRefused
from fleetfeed.feed.layout import Layout
from fleetfeed.reader.header import Header, find_header
from fleetfeed.reader.records import count_records, shape_of
from fleetfeed.reader.scanner import Span, is_blank, mapped

_UTF16 = 'Write encoding="utf-16" in the feed\'s declaration.'
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_AS_CSV = "Have the exporter write CSV."
_NOT_CSV = {
    b"\x1f\x8b": ("gzip bytes", "Unpack it with gunzip: exports are read as plain CSV."),
    b"PK\x03\x04": ("a ZIP file", "Unpack it; a workbook (.xlsx) is such a file, too: save its sheet as CSV."),
    b"\xd0\xcf\x11\xe0": ("a workbook (.xls)", "Save its sheet as CSV."),
    b"%PDF": ("PDF", _AS_CSV),
    b"\xff\xfe": ("UTF-16 text", _UTF16),
    b"\xfe\xff": ("UTF-16 text", _UTF16),
    b"<": ("HTML or XML", "Look into it: it may be a page that asks for a login. Have the exporter write CSV."),
    b"{": ("JSON", _AS_CSV),
}
_START = 4096  # bytes examined
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")
_JSON_ARRAY = re.compile(rb"\[\s*[\[{\]\"]")


@dataclass(frozen=True, slots=True)
class Spool:
    """A file ready for DuckDB, and what was found in it."""

    path: Path
    readable: Path  # the same bytes at the same offsets, but blank where DuckDB must not read
    header: tuple[str, ...]
    header_text: bytes
    head: Span  # of the header
    preamble: int  # non-blank lines before the header
    spare: int  # empty fields allowed at the end of a record, beyond the columns
    records: int  # without the header, with broken ones
    broken: tuple[Span, ...]
    nuls: int  # NUL characters removed
    delimiter: str = ","
    seamless: bool = False  # whether readable records follow each other from the header to the end, without a gap

    @property
    def skip(self) -> int:
        """Number of lines that DuckDB has to skip; it counts a header of several lines as one."""
        return self.head.line


def prepare(path: Path, layout: Layout) -> Spool:
    """Prepare a spooled export. Raises ExportRefused if it is not a CSV file in the declared encoding."""
    if path.stat().st_size == 0:
        raise ExportRefused("the file is empty")
    if codecs.lookup(layout.encoding).name not in ("utf-8", "utf-8-sig"):
        path = _in_utf8(path, layout.encoding)
    check_csv(path)
    path, nuls = _clean(path)
    if path.stat().st_size == 0:
        raise ExportRefused("the file is empty but for a BOM or NUL characters")
    with mapped(path) as text:
        header = _header_of(text, layout, nuls)
        shape = shape_of(text, header, layout)
        found = count_records(text, header, shape, layout.delimiter.encode())
        before = [] if is_blank(text, 0, header.span.start) else text[: header.span.start].split(b"\n")
    preamble = sum(not line.isspace() for line in before if line)
    readable = _blanked(path, found.broken, header.span.start if preamble else 0)
    return Spool(
        path,
        readable,
        shape.names,
        header.text,
        header.span,
        preamble,
        shape.spare,
        *found,
        nuls,
        layout.delimiter,
    )


def check_csv(path: Path) -> None:
    """Check that a file does not begin like one of another kind. Raises ExportRefused."""
    with path.open("rb") as file:
        start = file.read(_START)
    text = start.removeprefix(_BOM).lstrip()
    mark = next((mark for mark in _NOT_CSV if text.startswith(mark)), b"{" if _JSON_ARRAY.match(text) else b"")
    if mark:
        what, advice = _NOT_CSV[mark]
        raise ExportRefused(f"it is not CSV: it looks like {what}", advice)
    nuls = sorted(half.count(b"\0") for half in (start[::2], start[1::2]))
    if sum(nuls) > len(start) // 4:
        if 4 * nuls[0] > nuls[1]:  # UTF-16 has a NUL in every other byte
            raise _no_text()
        raise ExportRefused("it is not UTF-8: it looks like UTF-16 text", _UTF16)


def _header_of(text: mmap.mmap, layout: Layout, nuls: int) -> Header:
    """Find the header; if there is none, and the file has control characters, raise that it is not text."""
    try:
        return find_header(text, layout)
    except ExportRefused:
        start = text[:_START]
        if nuls and len(_CONTROLS.findall(start)) > len(start) // 50:
            raise _no_text() from None
        raise


def _no_text() -> ExportRefused:
    advice = f"Look into it: it may be a program's own file, or encrypted. {_AS_CSV}"
    return ExportRefused("it is no text file: it holds NUL and other bytes that no text has", advice)


def _blanked(path: Path, broken: tuple[Span, ...], preamble: int) -> Path:
    """Copy a spool with broken records and the `preamble` bytes before the header blanked, at the same offsets.

    The number of lines before the header stays the same.
    """
    if not broken and not preamble:
        return path
    readable = path.with_suffix(".readable")
    copyfile(path, readable)
    with readable.open("r+b") as file:
        if preamble:
            lines = file.read(preamble).split(b"\n")
            file.seek(0)
            file.write(b"\n".join(b" " * len(line) for line in lines))
        for span in broken:
            file.seek(span.start)
            for place in range(span.start, span.end, _CHUNK):
                file.write(b"\n" * min(_CHUNK, span.end - place))
    return readable


def _in_utf8(path: Path, encoding: str) -> Path:
    """Convert a file to UTF-8. Undecodable bytes stay, and make their record unreadable."""
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
    """Convert a file to LF line ends without BOM and NUL; also return the number of NULs removed.

    Writes a new file if anything changes, as a spool can be opened again.
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
                chunk += source.read(1)  # do not split a CRLF
            nuls += chunk.count(b"\0")
            target.write(chunk.replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    return cleaned, nuls
