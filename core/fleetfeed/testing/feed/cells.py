"""Values for cells: every spelling that a column declares, and junk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from fleetfeed.feed import Column, Degrees, Feed, Moment, Whole, YesNo
from fleetfeed.feed.callables import spelling_of
from fleetfeed.model import RowRejected
from fleetfeed.testing.feed.sample_table import Table

START = datetime(2026, 2, 3, 14, 5, 6, tzinfo=timezone(timedelta(hours=3)))

JUNK = (
    *("", " ", "\t", "\u00a0", "?", "-", "N/A", "null", "None", "nan", "NaN", "inf", "-1", "0", "00", "1e309", "1E+05"),
    *("99999999999999999999", "536.5", "1,5", "1.5.5", "1_000", "٣٤", "½", "0x1F", "--", "+", "."),
    *("0000-00-00 00:00:00", "9999-12-31 23:59:59", "2026-02-30 10:00", "2026-13-45 99:99", "31/02/2026", "soon"),
    *("2026-02-03T10:00:00+99:99", "2026-02-03 24:00:00", "1969-12-31 23:59", "12:00", "true", "yes", "2", "tru\u00e9"),
    *('"', '""', "'", "\\", "\\N", "\\x00", "a\nb", "a\r\nb", "a\0b", "\x1b[31m", "\x7f", ";", "|", ",", "a;b|c,d\te"),
    *("'; DROP TABLE tickets; --", "=1+1", "{", "{}", '{"a": 1}', "[]", "%s", "{0}", "$1", "<b>", "../..", "null\0"),
    *("é", "e\u0301", "ß", "İ", "ﬁ", "\u200b", "\u202e", "\ufeff", "\u2028", "日本", "💥", "\U000e0001", "x" * 3_000),
)
_WORDS = ("one", "two", "three")


def of_kind(feed: Feed, column: Column, sample: Table) -> list[str]:
    """List valid cells of a column, with empty ones and the feed's nulls."""
    seen = sample.values(column.name)[:20]
    return list(dict.fromkeys([*_made(feed, column), *seen, "", *feed.nulls]))


def moments(column: Moment, when: datetime) -> list[str]:
    """Format a time in every way that a column declares, except those that lose the minute."""
    iso = [f"{when:%Y-%m-%d %H:%M:%S}", f"{when:%Y-%m-%dT%H:%M:%S}"]
    spelt = [(when if "%z" not in form else when.astimezone(UTC)).strftime(form) for form in column.formats]
    return [*spelt, *iso] if column.fold is None else iso


def is_exact(column: Moment, cell: str, when: datetime) -> bool:
    """Whether a cell is read as exactly this time, to the second."""
    spelling = spelling_of(column)
    try:
        text = spelling(cell) if spelling else cell
    except RowRejected:
        return False
    return text.replace("T", " ").startswith(f"{when:%Y-%m-%d %H:%M:%S}")


def junk(feed: Feed) -> list[str]:
    """List unexpected cells that the export's encoding can represent."""
    return [text for text in JUNK if _fits(text, feed.encoding)]


def _made(feed: Feed, column: Column) -> Iterator[str]:
    if isinstance(column, Whole):
        yield from ("7", "536.0", "7.5", "-3", "0", " 12 ")
    elif isinstance(column, YesNo):
        yield from (word.upper() if turn % 2 else word for turn, word in enumerate((*column.yes, *column.no)))
    elif isinstance(column, Moment):
        for hours in (0, 30):
            yield from moments(column, START + timedelta(hours=hours))
    elif isinstance(column, Degrees):
        box = feed.country
        yield from ("0.5", "-1") if box is None else (f"{(box.south + box.north) / 2:.4f}", f"{box.west + 1:.4f}")
    elif column.name == feed.roles.status:
        yield from (*feed.roles.closed_statuses, "open")
    else:
        yield from _WORDS


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeError:
        return False
    return True
