"""The kinds of columns that a feed declares."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from fleetfeed.text.parse import iso_time


class NoText(TypeError):
    """A fold gave something else than a text."""


@dataclass(frozen=True)
class Column:
    """Declare one column of the export; the kinds below say what its text is read as."""

    typed: ClassVar[bool] = True  # whether the feed's table gets a column of this name

    name: str
    fold: Callable[[str], str] | None = field(default=None, kw_only=True)  # applied to the text that goes into `raw`

    @property
    def spelling(self) -> Callable[[str], str] | None:
        """How a cell is spelt anew for `raw`; None leaves it as it came."""
        return self.fold

    def _folded(self, cell: str) -> str:
        return is_text(self.fold(cell)) if self.fold else cell


class Text(Column):
    """Text, as it came."""


@dataclass(frozen=True)
class Whole(Column):
    """A whole number; `536.0` is 536, halves are rounded away from zero.

    Without a declared `decimal` sign a text such as `1.234` could be two numbers, and is unreadable.
    """

    unit: str = field(default="", kw_only=True)
    decimal: str = field(default="", kw_only=True)  # "." or ","
    thousands: str = field(default="", kw_only=True)  # what parts groups of three digits: ",", ".", " " or "'"


@dataclass(frozen=True)
class YesNo(Column):
    """True or false, by words (compared in lower case)."""

    yes: tuple[str, ...] = field(default=("true", "t", "yes", "y", "1"), kw_only=True)
    no: tuple[str, ...] = field(default=("false", "f", "no", "n", "0"), kw_only=True)


@dataclass(frozen=True)
class Moment(Column):
    """A time `YYYY-MM-DD HH:MM[:SS[.ffffff]]` (or with a `T`) in `zone`, or in one of `formats`, which are strptime's.

    What a format reads stands in `raw` as ISO time: two spellings of a time are one. With `%z` a time is an instant,
    and keeps its offset in `raw`.
    """

    zone: str = field(default="Africa/Nairobi", kw_only=True)
    formats: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def spelling(self) -> Callable[[str], str] | None:
        """Spell a time as ISO does, where formats are declared."""
        return self._spell if self.formats else self.fold  # a bound method: a feed pickles

    @property
    def has_offset(self) -> bool:
        """Whether cells may say their offset from UTC."""
        return any("%z" in form for form in self.formats)

    def _spell(self, cell: str) -> str:
        return iso_time(self._folded(cell), self.formats)


class Untyped(Column):
    """Text that stays in `raw` and gets no column of its own."""

    typed = False


@dataclass(frozen=True)
class Degrees(Column):
    """A coordinate of the feed; `latitude` and `longitude` of the table are those of the place it resolves to."""

    typed = False

    decimal: str = field(default="", kw_only=True)  # "," where the export writes 36,8219

    @property
    def spelling(self) -> Callable[[str], str] | None:
        """Spell a decimal comma as a point."""
        return self._spell if self.decimal else self.fold

    def _spell(self, cell: str) -> str:
        text = self._folded(cell)
        return text.replace(self.decimal, ".") if text.count(self.decimal) == 1 and "." not in text else text


def is_text(value: object) -> str:
    """Give a text that can be stored back. Raises NoText for anything else."""
    if not isinstance(value, str):
        raise NoText(f"it gave {reprlib.repr(value)} (of type {type(value).__name__})")
    try:
        if not value.isascii():
            value.encode()
    except UnicodeEncodeError:
        raise NoText(f"it gave {reprlib.repr(value)}, in which there is half of a character") from None
    return value
