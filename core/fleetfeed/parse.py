"""How the text of one cell is normalised, and a bad record guessed at. Pure functions that import nothing of ours."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

csv.field_size_limit(1 << 30)  # a cell may well be longer than the 131,072 characters that the module allows
# All that str.strip() takes away, spelt out because DuckDB's trim() has to take away the same.
WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_ESCAPE = re.compile(rb"\\(?:x([0-9A-F]{2})|\\)")
_E_NOTATION = re.compile(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d+")


def clean(cell: str | None) -> str | None:
    """Trim a cell and take NUL characters out (jsonb cannot hold them); what is empty then is None."""
    if not cell:
        return None
    if "\0" in cell:
        cell = cell.replace("\0", "")
    return cell.strip() or None


def local_time(cell: str, formats: Iterable[str], zone: str) -> str:
    """Spell a time as ISO does, in the zone's own time; a cell that none of strptime's formats reads stays as it is."""
    for form in formats:
        try:
            moment = datetime.strptime(cell, form)  # noqa: DTZ007 (times without an offset are the zone's)
            if moment.tzinfo is not None:
                moment = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        except (ValueError, OverflowError):  # not in this format; or no day of the zone's calendar
            continue
        return moment.isoformat(" ")
    return cell


def is_e_notation(key: str) -> bool:
    """Tell an id that a spreadsheet has ruined (`1.2E+05`): its digits are lost."""
    return _E_NOTATION.fullmatch(key) is not None


def location_key(name: str | None) -> str | None:
    """Spell a place's name in one way: NFKC, no zero-width characters, single spaces."""
    if not name:
        return None
    # Zero-width characters go first: one between a letter and its accent keeps NFKC from joining them.
    return " ".join(unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", name)).split()) or None


def escaped(raw: bytes) -> str:
    """Show bytes as text that loses nothing: what is not UTF-8 as `\\xE9`, a backslash as two, NUL as `\\x00`."""
    text = raw.replace(b"\\", b"\\\\").decode("utf-8", "surrogateescape")
    return "".join(
        f"\\x{ord(char) - 0xDC00:02X}" if "\udc80" <= char <= "\udcff" else ("\\x00" if char == "\0" else char)
        for char in text
    )


def unescaped(text: str) -> bytes:
    """Give the bytes that `escaped` showed."""
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()) if found[1] else b"\\", text.encode())


def cells(record: bytes, delimiter: str = ",") -> list[str]:
    """Split a record that may be broken in any way: a guess."""
    try:  # lines end at LF only: str.splitlines() would end them at a form feed, too
        text = io.StringIO(record.decode("utf-8", "replace"), newline="\n")
        return next(csv.reader(text, delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return []


def first_cell(record: bytes, delimiter: str = ",") -> str | None:
    """Guess the first cell of a record that may be broken in any way, cleaned."""
    found = cells(record, delimiter)
    return clean(found[0]) if found else None
