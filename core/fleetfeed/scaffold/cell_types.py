"""Classify the cells of one column: which kind of column reads them, and what a declared column cannot read."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from fleetfeed.feed import Column, Degrees, Moment, Whole, YesNo
from fleetfeed.feed.callables import spelling_of
from fleetfeed.model import RowRejected
from fleetfeed.scaffold.naming import snake
from fleetfeed.scaffold.numbers import PLAIN, Numbers, Signs, is_whole
from fleetfeed.scaffold.table import FEW
from fleetfeed.scaffold.time_formats import Odd, formats_of, odd_time
from fleetfeed.text.parse import utc_time

MOST = 0.98  # a column is of a kind if this share of its cells is; the rest are bad cells
EXAMPLES = 3
_WORDS = YesNo("")
# The same rules as tickets.local_ts() and tickets.degrees() in SQL.
_TIME = re.compile(
    r"((?:19[789]|2[01]\d)\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?",
    re.ASCII,
)
_DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.ASCII)
_PADDED = re.compile(r"[+-]?0\d")
_POSITION = re.compile(
    r"POINT ?\(|\{\s*['\"]?(latitude|lat|type|coordinates)['\"]?\s*:"
    r"|\(?[-+]?\d{1,3}\.\d+\s*[,; ]\s*[-+]?\d{1,3}\.\d+\)?$",
    re.IGNORECASE,
)
_FLAG = re.compile(r"^(is|has|was|can|needs?)_|(^|_)(flag|active|enabled|actionable)$")


@dataclass
class Cells:
    """Statistics about the cells of one column."""

    filled: int = 0
    distinct: int = 0
    examples: list[str] = field(default_factory=list)
    few: dict[str, int] = field(default_factory=dict)  # every distinct cell, if there are at most FEW
    counts: Counter[str] = field(default_factory=Counter)  # cells by the kind that can read them
    formats: Counter[tuple[str, ...]] = field(default_factory=Counter)
    odd: dict[str, Odd] = field(default_factory=dict)  # examples of times in no known format
    no_times: list[str] = field(default_factory=list)  # examples of cells that are not times
    numbers: Numbers = field(default_factory=Numbers)

    @property
    def kind(self) -> str:
        """The kind of column that reads (almost) all cells."""
        for name in ("YesNo", "Moment", "Whole"):
            if self._most(self.counts[name]):
                return "Text" if name == "Whole" and PLAIN in self.numbers.fractions else name
        if self.is_odd:
            return "Moment"
        return "Whole" if self.signs and self.signs not in self.numbers.fractions else "Text"

    @property
    def is_odd(self) -> bool:
        """Whether the cells look like times, but some cannot be parsed."""
        times = self.counts["Moment"]
        return bool(self.odd) and not self._most(times) and self._most(times + self.counts["odd"])

    @property
    def signs(self) -> Signs | None:
        """The signs with which they are whole numbers; None if they are not numbers or need no signs."""
        if not self.filled or self._most(self.counts["Whole"]) or not self.numbers.seen:
            return None
        return self.numbers.signs(MOST * self.filled)

    @property
    def is_position(self) -> bool:
        """Whether they are coordinates rather than place names."""
        return self.filled > 0 and 2 * self.counts["position"] >= self.filled

    def bad(self, kind: str) -> int:
        """Count the cells that a kind of column cannot read."""
        if kind == "Whole" and (signs := self.signs):
            read = self.numbers.counts[signs] or self.filled  # signs still to be chosen: no cell counts as bad
            return self.filled - read
        return 0 if kind == "Text" else self.filled - self.counts[kind]

    def _most(self, many: int) -> bool:
        return self.filled > 0 and many >= MOST * self.filled


def look_at(name: str, counts: Iterable[tuple[str, int]], nulls: Iterable[str] = ()) -> Cells:
    """Collect statistics about the distinct cells of a column."""
    found, left_out, called = Cells(), frozenset(nulls), snake(name)
    for text, many in counts:
        if text in left_out:
            continue
        found.filled, found.distinct = found.filled + many, found.distinct + 1
        if len(found.examples) < EXAMPLES:
            found.examples.append(text)
        if found.distinct <= FEW:
            found.few[text] = many
        kinds = set(_kinds(called, text, many, found))
        for kind in kinds:
            found.counts[kind] += many
        if "Moment" not in kinds and len(found.no_times) < EXAMPLES:
            found.no_times.append(text)
    if found.distinct > FEW:
        found.few = {}
    _correct_yes_no(name, found)
    return found


def reader_of(column: Column) -> Callable[[str], bool]:
    """Return a predicate: can the database read a cell of this column? It raises FoldFailed if the fold fails."""
    spelling, reads = spelling_of(column), _reads(column)
    if spelling is None:
        return reads
    return lambda text: not (spelt := spelling(text)) or reads(spelt)


def _reads(column: Column) -> Callable[[str], bool]:
    if isinstance(column, Moment):
        return lambda text: is_instant(text) if column.has_offset else is_time(text)
    if isinstance(column, YesNo):
        words = {*column.yes, *column.no}
        return lambda text: text.lower() in words
    if isinstance(column, Whole):
        return lambda text: is_whole(text, column.decimal, column.thousands)
    if isinstance(column, Degrees):
        return lambda text: _DEGREES.fullmatch(text) is not None
    return lambda text: True


@dataclass(frozen=True, slots=True)
class Unread:
    """Count a column's cells and those that it cannot read."""

    filled: int
    wrong: int
    examples: tuple[str, ...]
    failed: int = 0  # cells on which the fold fails: their records are rejected
    failure: str = ""  # message of the first failure

    @property
    def share(self) -> float:
        """Share of the cells that cannot be read."""
        return self.wrong / self.filled if self.filled else 0.0

    @property
    def ratio(self) -> str:
        """The counts as text."""
        return f"{self.wrong:,} of {self.filled:,}"


def unread(column: Column, counts: Iterable[tuple[str, int]]) -> Unread:
    """Count the cells that a column cannot read."""
    reads, filled, wrong, examples = reader_of(column), 0, 0, list[str]()
    failed, failure = 0, ""
    for text, many in counts:
        filled += many
        try:
            if not reads(text):
                wrong += many
                examples.append(text)
        except RowRejected as error:
            failed, failure = failed + many, failure or f"{error.reason} {error.detail}"
    return Unread(filled, wrong, tuple(examples[:EXAMPLES]), failed, failure)


def folded(column: Column, counts: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield cells after the column's fold, without those on which it fails."""
    spelling = spelling_of(column)
    for text, many in counts:
        with suppress(RowRejected):
            if word := spelling(text) if spelling else text:
                yield word, many


def is_time(text: str) -> bool:
    """Whether `Moment` reads a text as a time without `formats`."""
    found = _TIME.fullmatch(text)
    return found is not None and int(found[3]) <= monthrange(int(found[1]), int(found[2]))[1]


def is_instant(text: str) -> bool:
    """Whether a text is a time, with or without an offset from UTC."""
    return utc_time(text, "UTC") is not None


def is_degrees(text: str, most: int) -> bool:
    """Whether a text is a coordinate between -most and most degrees."""
    return _DEGREES.fullmatch(text) is not None and abs(float(text)) <= most


def _kinds(name: str, text: str, many: int, found: Cells) -> Iterator[str]:
    if text.lower() in _WORDS.yes + _WORDS.no:
        yield "YesNo"
    if is_whole(text) and not _PADDED.match(text):
        yield "Whole"
    found.numbers.look_at(text, many)
    if is_time(text):
        yield "Moment"
        found.formats[()] += 1
    elif text[:1].isalnum() and not text.isdecimal() and (formats := formats_of(text)):
        yield "Moment"
        found.formats[formats] += 1
    elif odd := odd_time(name, text):
        yield "odd"
        if len(found.odd) < EXAMPLES:
            found.odd[text] = odd
    if _POSITION.match(text):
        yield "position"


def _correct_yes_no(name: str, found: Cells) -> None:
    """Treat 0 and 1 as numbers, and a single letter as text, unless there is more evidence for yes and no."""
    words = {text.lower() for text in found.few}
    numbers = words <= {"0", "1"} and not (_FLAG.search(name) and len(words) == 2)
    mixed = "1" in words or "0" in words
    lone = words and words <= {"t", "f", "y", "n"} and len(words) < 2
    if numbers or lone or (mixed and not words <= {"0", "1"}) or found.distinct > FEW:
        found.counts["YesNo"] = 0
