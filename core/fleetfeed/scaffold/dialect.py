"""How an export that nobody has declared yet is written: its encoding and its delimiter."""

from __future__ import annotations

import codecs
import mmap
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from fleetfeed.parse import cells
from fleetfeed.walk import walk

DELIMITERS = ",;\t|"
_CHUNK = 1 << 20
_HEAD = 256 << 10  # bytes that are looked at for the delimiter
_RECORDS = 100
_PACKED = (b"\x1f\x8b", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Say how a file is written."""

    delimiter: str = ","
    encoding: str = "utf-8"


def sniff(path: Path) -> Dialect:
    """Tell how a file is written, as far as that can be told from the outside."""
    encoding = _encoding(path)
    with path.open("rb") as file:
        head = codecs.getincrementaldecoder(encoding)("replace").decode(file.read(_HEAD))
    text = head.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").encode()
    return Dialect(_delimiter(text), encoding)


def _encoding(path: Path) -> str:
    """Find out the encoding, UTF-8 if it can be."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(_PACKED):
        return "utf-8"  # it is none, and whoever reads it as UTF-8 says what it is
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
    """Find out the encoding of what is no UTF-8 all the way; where most of it is, some records are broken."""
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


def _delimiter(text: bytes) -> str:
    """Choose the delimiter that cuts most records into as many cells as the header has."""
    if not text.strip():
        return ","
    with mmap.mmap(-1, len(text)) as head:
        head.write(text)
        found = {sign: _widths(head, sign) for sign in DELIMITERS}
    scores = {sign: (round(widths.count(widths[0]) / len(widths), 1), widths[0]) for sign, widths in found.items()}
    wide = {sign: score for sign, score in scores.items() if score[1] > 1}
    return max(wide, key=wide.__getitem__) if wide else ","


def _widths(head: mmap.mmap, sign: str) -> list[int]:
    spans = list(islice(walk(head, delimiter=sign.encode()), _RECORDS))
    whole = spans[:-1] if len(spans) > 2 else spans  # the last one may be cut
    return [len(cells(head[span.start : span.end], sign)) for span in whole]
