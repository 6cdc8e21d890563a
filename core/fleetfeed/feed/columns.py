"""The kinds of columns that a feed declares."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from fleetfeed.text.forms import NO, YES, iso_time


class NoText(TypeError):
    """A fold returned something other than text."""


@dataclass(frozen=True)
class Column:
    """One column of the export. Its kind determines how its text is read."""

    typed: ClassVar[bool] = True  # whether the feed's table gets a column with this name

    name: str
    fold: Callable[[str], str] | None = field(default=None, kw_only=True)  # applied to a cell before it goes into `raw`

    @property
    def spelling(self) -> Callable[[str], str] | None:
        """Function that normalises a cell for `raw`; None leaves it as it is."""
        return self.fold

    def _folded(self, cell: str) -> str:
        return is_text(self.fold(cell)) if self.fold else cell


class Text(Column):
    """Text, unchanged."""


@dataclass(frozen=True)
class Whole(Column):
    """A whole number; `536.0` is 536, halves are rounded away from zero.

    Without a declared `decimal` sign, a text such as `1.234` is ambiguous and unreadable.
    """

    unit: str = field(default="", kw_only=True)
    decimal: str = field(default="", kw_only=True)  # "." or ","
    thousands: str = field(default="", kw_only=True)  # separator of three digits: ",", ".", " " or "'"


@dataclass(frozen=True)
class YesNo(Column):
    """True or false, by words (compared in lower case)."""

    yes: tuple[str, ...] = field(default=YES, kw_only=True)
    no: tuple[str, ...] = field(default=NO, kw_only=True)


@dataclass(frozen=True)
class Moment(Column):
    """A time `YYYY-MM-DD HH:MM[:SS[.ffffff]]` (or with a `T`) in `zone`, or in one of the strptime `formats`.

    Without a `zone` it is in the project's time zone.

    Times read with a format are ISO in `raw`, so that the same time is never two values. With `%z` a time is an
    instant, and keeps its offset in `raw`.
    """

    zone: str = field(default="", kw_only=True)
    formats: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def spelling(self) -> Callable[[str], str] | None:
        """Format a time as ISO, if formats are declared."""
        return self._spell if self.formats else self.fold  # a bound method, so that a feed can be pickled

    @property
    def zone_name(self) -> str:
        """The zone, or UTC for a feed outside a project."""
        return self.zone or "UTC"

    @property
    def has_offset(self) -> bool:
        """Whether cells may have an offset from UTC."""
        return any("%z" in form for form in self.formats)

    def _spell(self, cell: str) -> str:
        return iso_time(self._folded(cell), self.formats)


class Untyped(Column):
    """Text that stays in `raw`, without a column of its own."""

    typed = False


@dataclass(frozen=True)
class Degrees(Column):
    """A coordinate from the feed; `latitude` and `longitude` of the table are those of the resolved place."""

    typed = False

    decimal: str = field(default="", kw_only=True)  # "," if the export has 36,8219

    @property
    def spelling(self) -> Callable[[str], str] | None:
        """Replace a decimal comma with a point."""
        return self._spell if self.decimal else self.fold

    def _spell(self, cell: str) -> str:
        text = self._folded(cell)
        return text.replace(self.decimal, ".") if text.count(self.decimal) == 1 and "." not in text else text


def is_text(value: object) -> str:
    """Check that a value is text that can be stored, and return it. Raises NoText."""
    if not isinstance(value, str):
        raise NoText(f"it gave {reprlib.repr(value)} (of type {type(value).__name__})")
    try:
        if not value.isascii():
            value.encode()
    except UnicodeEncodeError:
        raise NoText(f"it gave {reprlib.repr(value)}, which contains half of a character") from None
    return value
