"""In which formats the times of an export are written. A pure look at texts."""

from __future__ import annotations

import re
from datetime import datetime

_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_MONTH_NAMED = re.compile(r"(\d{1,2})([-/ ])([A-Za-z]{3,9})\2(\d{4}|\d{2})(?!\d)")
_NAME_FIRST = re.compile(r"([A-Za-z]{3,9}) (\d{1,2}), (\d{4})(?!\d)")
_COMPACT = re.compile(r"\d{8}(?=T)")
_TIME = re.compile(r"(T|, | )(\d{1,2}):\d{2}(:\d{2})?(\.\d{1,6})?( ?[AaPp][Mm])?")
_OFFSET = re.compile(r" ?(?:Z|[+-]\d{2}:?\d{2})")
DAY_FIRST, MONTH_FIRST = "%d{0}%m{0}", "%m{0}%d{0}"


def formats_of(text: str) -> tuple[str, ...]:
    """List the formats of strptime that read a text: several where a day could be a month; none for what is no time."""
    for pattern in (_YEAR_FIRST, _NUMBERS, _MONTH_NAMED, _NAME_FIRST, _COMPACT):
        if found := pattern.match(text):
            rest = _rest(text[found.end() :])
            days = _days(pattern, found) if rest is not None else ()
            return tuple(f"{day}{rest}" for day in days if _reads(text, f"{day}{rest}"))
    return ()


def is_day_first(form: str) -> bool | None:
    """Tell whether a format of numbers alone has the day before the month; None where no one could mistake them."""
    found = re.match(r"%([dm])[-/.]%[dm]", form)
    return None if found is None else found[1] == "d"


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


def _rest(text: str) -> str | None:
    """Give the format of what follows a day; None where that is no time of day."""
    if not text:
        return ""
    found = _TIME.match(text)
    if found is None:
        return None
    parting, _, seconds, fraction, half = found.groups()
    form = parting + ("%I:%M" if half else "%H:%M") + (":%S" if seconds else "") + (".%f" if fraction else "")
    form += f"{' ' if half.startswith(' ') else ''}%p" if half else ""
    offset = text[found.end() :]
    if not offset:
        return form
    return f"{form}{' ' if offset.startswith(' ') else ''}%z" if _OFFSET.fullmatch(offset) else None


def _reads(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).year >= 1970  # noqa: DTZ007 (only to see whether it is one)
    except ValueError:
        return False
