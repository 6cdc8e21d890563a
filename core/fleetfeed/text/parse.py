"""Normalise the text of one cell, and guess at broken records. Pure functions; imports nothing of the project."""

from __future__ import annotations

import csv
import io
import re
import unicodedata

csv.field_size_limit(1 << 30)  # the default limit of 131,072 characters is too low for real cells
# What str.strip() removes, listed because DuckDB's trim() has to remove the same.
WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-F]{2})|\\)")
WRAPPED = '="((?:[^"]|"")*)"'  # a formula that makes spreadsheets keep text as it is
_WRAPPED = re.compile(WRAPPED)
_E_NOTATION = re.compile(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+")


def clean(cell: str | None) -> str | None:
    """Trim a cell, remove NUL characters (jsonb cannot store them) and unwrap `="0012"`; None if it is empty."""
    if not cell:
        return None
    if "\0" in cell:
        cell = cell.replace("\0", "")
    cell = cell.strip()
    if cell.startswith('="') and (wrapped := _WRAPPED.fullmatch(cell)):
        cell = wrapped[1].replace('""', '"').strip()
    return cell or None


def as_seen(name: str) -> str:
    """Normalise a name for comparison by eye: no invisible characters, and one form of letters, spaces and case."""
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", visible).split()).casefold()


def is_e_notation(key: str) -> bool:
    """Whether an id was ruined by a spreadsheet (`1.2E+05`): its digits are lost."""
    return _E_NOTATION.fullmatch(key) is not None


def location_key(name: str | None) -> str | None:
    """Normalise a location's name: NFKC, no zero-width characters, single spaces."""
    if not name:
        return None
    # Remove zero-width characters first: one between a letter and its accent would keep NFKC from joining them.
    return " ".join(unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", name)).split()) or None


def escaped(raw: bytes) -> str:
    """Show bytes as text without loss: bytes that are not UTF-8 as `\\xE9`, a backslash as two, NUL as `\\x00`."""
    text = raw.replace(b"\\", b"\\\\").decode("utf-8", "surrogateescape")
    return "".join(
        f"\\x{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else ("\\x00" if char == "\0" else char)
        for char in text
    )


def unescaped(text: str) -> bytes:
    """Return the bytes that `escaped` shows."""
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", text.encode())


def cells(record: bytes, delimiter: str = ",") -> list[str]:
    """Split a record into cells, as well as possible if it is broken."""
    try:  # lines end at LF only; str.splitlines() would also split at a form feed
        text = io.StringIO(record.decode("utf-8", "replace"), newline="\n")
        return next(csv.reader(text, delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def first_cell(record: bytes, delimiter: str = ",") -> str | None:
    """Return the first cell of a record, cleaned, as well as possible if it is broken."""
    found = cells(record, delimiter)
    return clean(found[0]) if found else None
