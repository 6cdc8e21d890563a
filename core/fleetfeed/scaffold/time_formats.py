"""Detect the formats of times."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum

_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_MONTH_NAMED = re.compile(r"(\d{1,2})([-/ .])([A-Za-z]{3,9})\2(\d{4}|\d{2})(?!\d)")
_NAME_FIRST = re.compile(r"([A-Za-z]{3,9}) (\d{1,2}), (\d{4})(?!\d)")
_COMPACT = re.compile(r"\d{8}(?=T)")
_WEEKDAY = re.compile(r"((?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)(,?\s+)", re.IGNORECASE)
_TIME = re.compile(r"(T|,\s+|\s+)(\d{1,2}):\d{2}(:\d{2})?(\.\d{1,9})?(\s?[AaPp][Mm])?")
_TIME_COMPACT = re.compile(r"T\d{4}(\d{2})?(\.\d{1,6})?")
_OFFSET = re.compile(r"\s?(?:Z|[+-]\d{2}:?\d{2})")
_UTC = re.compile(r"\s(UTC|GMT)")
DAY_FIRST, MONTH_FIRST = "%d{0}%m{0}", "%m{0}%d{0}"
UTC_NAMES = (" UTC", " GMT")  # a format that ends with one of these reads times in UTC

_EPOCH = re.compile(r"1[0-9]{9}([0-9]{3})?|1[0-9]{9}\.[0-9]+", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}[:h.]\d{2}")
_YEAR = re.compile(r"(?<!\d)(19[7-9]|20\d)\d(?!\d)")
_SPELT_MONTH = re.compile(r"(?<!\w)\d{1,2}[-/. ]+[^\W\d_]{3,10}\.?[-/. ]+\d{2,4}(?!\w)")
_DIGITS = re.compile(r"(19[7-9]|20\d)\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d([0-5]\d)?", re.ASCII)
_NAMED = re.compile(
    r"(^|_)(at|on|date|time|timestamp|dt|ts|created|opened|closed|updated|resolved|modified|completed|reported)(_|$)"
)
# Names of start and end times, alone (`Closed`) or with more (`closed_at`, `date_closed`).
ENDED = "closed|completed|finished|ended|resolved|solved"
BEGUN = "opened|created|reported|raised|begun|started|submitted"
_CALLED = re.compile(rf"_(at|on|date|time|dt)$|^date_|^({ENDED}|{BEGUN})$")
_SHORT = re.compile(r"[\w\s.,:/+()'-]+")  # characters of times, rarely of a sentence
_LONGEST = 48


def is_called_time(name: str) -> bool:
    """Whether a column is named like a time, whatever its cells are."""
    return _CALLED.search(name) is not None


class Odd(Enum):
    """Why times cannot be read with a known strptime format."""

    EPOCH = "seconds since 1970"
    UNKNOWN = "a format that cannot be guessed"


def formats_of(text: str) -> tuple[str, ...]:
    """List the strptime formats that read a text: several if day and month are ambiguous, none if it is no time."""
    if found := _WEEKDAY.match(text):
        day = "%a" if len(found[1]) == 3 else "%A"
        forms = _dated(text[found.end() :])
        return tuple(form for rest in forms if _reads(text, form := f"{day}{found[2].rstrip()} {rest}"))
    return tuple(form for form in _dated(text) if _reads(text, form))


def odd_time(name: str, text: str) -> Odd | None:
    """Return why a text that looks like a time cannot be read; None if it does not. `name` is its column's."""
    if len(text) > _LONGEST:
        return None
    if _NAMED.search(name):
        if _EPOCH.fullmatch(text):
            return Odd.EPOCH
        if _DIGITS.fullmatch(text):
            return Odd.UNKNOWN
    dated = _SPELT_MONTH.search(text) is not None or (
        _YEAR.search(text) is not None and _CLOCK.search(text) is not None
    )
    return Odd.UNKNOWN if dated and _SHORT.fullmatch(text) and len(re.findall(r"[^\W\d_]+", text)) <= 4 else None


def is_day_first(form: str) -> bool | None:
    """Whether a numeric format has the day before the month; None if it is not ambiguous."""
    found = re.match(r"%([dm])[-/.]%[dm]", form)
    return None if found is None else found[1] == "d"


def _dated(text: str) -> tuple[str, ...]:
    for pattern in (_YEAR_FIRST, _NUMBERS, _MONTH_NAMED, _NAME_FIRST, _COMPACT):
        if found := pattern.match(text):
            rest = _rest(text[found.end() :], compact=pattern is _COMPACT)
            return tuple(f"{day}{rest}" for day in _days(pattern, found)) if rest is not None else ()
    if re.match(r"[A-Z][a-z]{2}\s+\d{1,2} \d{2}:\d{2}:\d{2} \d{4}$", text):  # like C's ctime()
        return ("%b %d %H:%M:%S %Y",)
    return ()


def _days(pattern: re.Pattern[str], found: re.Match[str]) -> tuple[str, ...]:
    if pattern is _COMPACT:
        return ("%Y%m%d",)
    if pattern is _YEAR_FIRST:
        return (f"%Y{found[2]}%m{found[2]}%d",)
    if pattern is _NAME_FIRST:
        return (f"{_month(found[1])} %d, %Y",)
    year = "%Y" if len(found[4]) == 4 else "%y"
    if pattern is _MONTH_NAMED:
        return (f"%d{found[2]}{_month(found[3])}{found[2]}{year}",)
    return tuple(order.format(found[2]) + year for order in (DAY_FIRST, MONTH_FIRST))


def _month(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"


def _rest(text: str, *, compact: bool) -> str | None:
    """Return the format of what follows a day; None if that is no time of day."""
    if not text:
        return ""
    found = _TIME.match(text)
    if found is None:
        found = _TIME_COMPACT.match(text) if compact else None
        form = "T%H%M" + ("%S" if found and found[1] else "") + (".%f" if found and found[2] else "")
    else:
        form = _clock(*found.groups())
    return None if found is None else _ended(form, text[found.end() :])


def _clock(parting: str, _: str, seconds: str | None, fraction: str | None, half: str | None) -> str:
    # A space in a format matches any amount of white space.
    form = parting.rstrip() + (" " if parting != "T" else "") + ("%I:%M" if half else "%H:%M")
    form += (":%S" if seconds else "") + (f".%f{_surplus(fraction)}" if fraction else "")
    return form + (f"{' ' if not half[0].isalpha() else ''}%p" if half else "")


def _surplus(fraction: str) -> str:
    """Return the zeros after six digits of a second: a format reads them literally, and only zeros lose nothing."""
    return "0" * (len(fraction) - 7)


def _ended(form: str, end: str) -> str | None:
    if not end:
        return form
    if named := _UTC.fullmatch(end):
        return f"{form} {named[1]}"
    return f"{form}{' ' if end[0].isspace() else ''}%z" if _OFFSET.fullmatch(end) else None


def _reads(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).year >= 1970  # noqa: DTZ007 (only a check)
    except ValueError:
        return False
