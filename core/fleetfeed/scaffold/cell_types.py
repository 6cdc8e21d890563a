"""Classify the cells of one column: which kind of column reads them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fleetfeed.feed.reading import MOST
from fleetfeed.scaffold.naming import snake
from fleetfeed.scaffold.numbers import PLAIN, Numbers, Signs
from fleetfeed.scaffold.table import FEW
from fleetfeed.scaffold.time_formats import Odd, formats_of, odd_time
from fleetfeed.text import forms

EXAMPLES = 3
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


def is_degrees(text: str, most: int) -> bool:
    """Whether a text is a coordinate between -most and most degrees."""
    return forms.is_degrees(text) and abs(float(text)) <= most


def _kinds(name: str, text: str, many: int, found: Cells) -> Iterator[str]:
    if text.lower() in forms.YES + forms.NO:
        yield "YesNo"
    if forms.is_whole(text) and not _PADDED.match(text):
        yield "Whole"
    found.numbers.look_at(text, many)
    if forms.is_time(text):
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
