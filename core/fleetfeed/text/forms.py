"""How times, numbers and degrees are written: the one grammar of cells. Imports nothing of the project.

The functions in SQL (`tickets.local_ts`, `instant`, `whole`, `degrees`) follow it; tests/text/test_forms.py checks that
all read the same cells, as the same values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# A year out of range must not win, or make later exports look older.
LOCAL_TIME = (
    r"(?:19[789]|2[01]\d)\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
)
_LOCAL = re.compile(LOCAL_TIME, re.ASCII)
_ZONED = re.compile(rf"({LOCAL_TIME}) ?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)", re.ASCII)
_DEGREES = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,20})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,9}(?:\.\d{0,20})?", re.ASCII)
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)  # without a declared decimal sign: 1.234 or 1234?
_OTHER_SPACES = str.maketrans("\u00a0\u2009\u202f", "   ")
_OTHER_APOSTROPHE = str.maketrans("\u2019", "'")
YES = ("true", "t", "yes", "y", "1")  # compared in lower case
NO = ("false", "f", "no", "n", "0")
_NONE = timedelta()


def is_time(text: str) -> bool:
    """Whether a text is a time without an offset, as tickets.local_ts() reads it."""
    if _LOCAL.fullmatch(text) is None:
        return False
    try:
        return bool(datetime.fromisoformat(text[:10]))
    except ValueError:  # 30 February
        return False


def zoned_time(text: str) -> datetime | None:
    """Parse a time with an offset; None if it is no time, or has none."""
    found = _ZONED.fullmatch(text)
    try:
        return datetime.fromisoformat(found[1] + found[2]) if found else None
    except ValueError:  # 30 February
        return None


def utc_time(text: str, zone: str) -> str | None:
    """Parse a time like tickets.instant() and format it in UTC without an offset; None if it is no time.

    In an hour that occurs twice, a time without an offset is the second one, as in PostgreSQL.
    """
    found = _ZONED.fullmatch(text)
    try:
        if found:
            moment = datetime.fromisoformat(found[1] + found[2])
        elif _LOCAL.fullmatch(text):
            moment = _in_zone(datetime.fromisoformat(text), ZoneInfo(zone))
        else:
            return None
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    except (ValueError, OverflowError):
        return None


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


def is_whole(text: str, decimal: str = "", thousands: str = "") -> bool:
    """Whether tickets.whole() reads a text with these signs; without a decimal sign, `1.234` is ambiguous."""
    if not decimal:
        return _WHOLE.fullmatch(text) is not None and not _TWO_WAYS.fullmatch(text)
    if thousands == " ":
        text = text.translate(_OTHER_SPACES)
    if thousands == "'":
        text = text.translate(_OTHER_APOSTROPHE)
    if thousands and thousands in text:
        grouped = rf"[+-]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+({re.escape(decimal)}\d*)?"
        if not re.fullmatch(grouped, text, re.ASCII):
            return False
        text = text.replace(thousands, "")
    return (decimal == "." or "." not in text) and _WHOLE.fullmatch(text.replace(decimal, ".")) is not None


def is_degrees(text: str) -> bool:
    """Whether tickets.degrees() reads a text."""
    return _DEGREES.fullmatch(text) is not None


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    first, second = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    # The offset falls in an hour that occurs twice. It rises in a skipped one, for which PostgreSQL takes the first.
    return second if (second.utcoffset() or _NONE) < (first.utcoffset() or _NONE) else first
