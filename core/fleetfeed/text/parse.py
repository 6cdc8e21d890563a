"""Normalise the text of one cell, and guess at broken records. Pure functions; imports nothing of the project."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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
_LOCAL = re.compile(
    r"(?:19[789]|2[01]\d)\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?",
    re.ASCII,
)
_ZONED = re.compile(rf"({_LOCAL.pattern}) ?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)", re.ASCII)
_NONE = timedelta()
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


def iso_time(cell: str, formats: Iterable[str]) -> str:
    """Format a time as ISO, with its offset if it has one. A cell that matches no format is returned unchanged.

    A cell that is already ISO with an offset is also returned unchanged.
    """
    for form in formats:
        try:
            moment = datetime.strptime(cell, form)  # noqa: DTZ007 (a time without an offset is in the column's zone)
        except ValueError:
            continue
        return cell if moment.tzinfo and _ZONED.fullmatch(cell) else moment.isoformat(" ")
    return cell


def utc_time(text: str, zone: str) -> str | None:
    """Parse a time like tickets.instant() and format it in UTC without an offset; None if it is no time.

    In an hour that occurs twice, a time without an offset is the second one, as in PostgreSQL.
    """
    found = _ZONED.fullmatch(text)
    try:
        if found:
            moment = datetime.fromisoformat(found[1] + found[2])
        elif _LOCAL.fullmatch(text):
            moment = datetime.fromisoformat(text)
        else:
            return None
        if moment.tzinfo is None:
            moment = _in_zone(moment, ZoneInfo(zone))
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    except (ValueError, OverflowError):
        return None


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    # The offset falls in an hour that occurs twice. It rises in a skipped one, for which PostgreSQL takes the first.
    return second if (second.utcoffset() or _NONE) < (first.utcoffset() or _NONE) else first


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
