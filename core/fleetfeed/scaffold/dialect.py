"""Detect how an undeclared export is written: encoding, delimiter and position of the header."""

from __future__ import annotations

import codecs
import mmap
import re
from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from fleetfeed.feed.layout import Layout
from fleetfeed.reader.header import SIGNS
from fleetfeed.reader.scanner import walk
from fleetfeed.text.parse import cells

_CHUNK = 1 << 20
_HEAD = 256 << 10  # bytes examined for the delimiter
_RECORDS = 100
_MOST_ALIKE = 0.8  # share of the records
_PACKED = (b"\x1f\x8b", b"PK\x03\x04")
_SEP = re.compile(rb'\A\s*"?sep=([!-~\t])"?[ \t]*\n', re.IGNORECASE)


def sniff(path: Path) -> Layout:
    """Detect how a file is written."""
    encoding = _encoding(path)
    with path.open("rb") as file:
        head = codecs.getincrementaldecoder(encoding)("replace").decode(file.read(_HEAD))
    text = head.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").encode()
    sign, skip = _delimiter(text)
    return Layout(sign, encoding, skip=skip)


def _encoding(path: Path) -> str:
    """Detect the encoding; UTF-8 if possible."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(_PACKED):
        return "utf-8"  # compressed: the reader reports that
    if start.count(b"\0") > len(start) // 4:
        return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    return "utf-8" if _is_utf8(path) else _by_bytes(path)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            for chunk in iter(partial(file.read, _CHUNK), b""):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _by_bytes(path: Path) -> str:
    """Detect the encoding of a file that is not all UTF-8; if most of it is, only some records are broken."""
    unknown = known = 0
    defined = True
    with path.open("rb") as file:
        decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        for chunk in iter(partial(file.read, _CHUNK), b""):
            odd = [char for char in decoder.decode(chunk) if char > "\x7f"]
            escaped = [char for char in odd if "\udc80" <= char <= "\udcff"]
            unknown, known = unknown + len(escaped), known + len(odd) - len(escaped)
            defined = defined and not {0xDC81, 0xDC8D, 0xDC8F, 0xDC90, 0xDC9D} & {*map(ord, escaped)}
    if unknown <= known:
        return "utf-8"
    return "cp1252" if defined else "latin-1"


class _Cut(NamedTuple):
    """How a delimiter splits the first records."""

    share: float  # of the records from the header on, those with the most frequent number of cells
    width: int  # that number
    before: int  # records before the header
    line: int  # of the header


def _delimiter(text: bytes) -> tuple[str, int]:
    """Return the delimiter that splits most records alike, and the number of lines before the header."""
    if not text.strip():
        return ",", 0
    with mmap.mmap(-1, len(text)) as head:
        head.write(text)
        if sep := _SEP.match(text):
            return sep[1].decode(), _cut(head, sep[1].decode(), sep[0].count(b"\n")).line - 1
        found = {sign: _cut(head, sign) for sign in SIGNS}
    wide = {sign: cut for sign, cut in found.items() if cut.width > 1}
    # A title line before the header is assumed only if nothing else explains the file.
    plain = {sign: cut for sign, cut in wide.items() if not cut.before and cut.share >= _MOST_ALIKE}
    best = plain or wide
    if not best:
        return ",", 0
    sign = max(best, key=lambda sign: (best[sign].share, -best[sign].before, best[sign].width))
    return sign, best[sign].line - 1


def _cut(head: mmap.mmap, sign: str, at_least: int = 0) -> _Cut:
    """Find the header: the first record with as many cells as most records have; title lines have fewer."""
    spans = list(islice(walk(head, delimiter=sign.encode()), _RECORDS))
    whole = spans[:-1] if len(spans) > 2 else spans  # the last one may be cut
    rows = [(span.line, cells(head[span.start : span.end], sign)) for span in whole if span.line > at_least]
    many = Counter(len(row) for _, row in rows if len(row) > 1)
    if not many:
        return _Cut(0, 1, 0, at_least + 1)
    width = max(many, key=lambda width: (many[width], width))
    trailing = not any(row[-1].strip() for _, row in rows if len(row) == width)
    least = width - 1 if trailing and width > 2 else width  # records may end with one delimiter more than the header
    first = next(place for place, (_, row) in enumerate(rows) if len(row) >= least)
    if len(rows[first][1]) == width and 2 * _filled(rows[first][1]) < width:  # a title line padded with delimiters
        full = (place for place, (_, row) in enumerate(rows) if len(row) == width and 2 * _filled(row) >= width)
        first = next(full, first)
    alike = [len(row) == width for _, row in rows[first:]]
    return _Cut(round(sum(alike) / len(alike), 1), width, first, rows[first][0])


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)
