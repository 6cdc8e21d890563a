"""Detect whole numbers and the signs they are written with."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from fleetfeed.feed.problems import choose
from fleetfeed.text.forms import is_whole

_SPACES = str.maketrans("\u00a0\u2009\u202f", "   ")
_APOSTROPHE = str.maketrans("\u2019", "'")


class Signs(NamedTuple):
    """The signs of a column's numbers; a Choice if ambiguous."""

    decimal: str = ""
    thousands: str = ""


PLAIN = Signs()
# The first match wins. A decimal comma implies a point between thousands, even if none occurs yet.
_CONVENTIONS = tuple(Signs(*pair) for pair in (",.", ".,", ", ", ". ", ",'", ".'"))
_LIKE_ONE = re.compile(r"[+-]?\d[\d.,' \u00a0\u2009\u202f\u2019]*", re.ASCII)
_PADDED = re.compile(r"[+-]?0\d")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", re.ASCII)


@dataclass
class Numbers:
    """Count which conventions read the cells of a column, to find the one that reads them all."""

    counts: Counter[Signs] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)  # signs that occur
    fractions: set[Signs] = field(default_factory=set)  # with these signs a cell is a fraction, and would be rounded
    either: dict[str, str] = field(default_factory=dict)  # sign → a cell in which it is ambiguous

    def look_at(self, text: str, many: int) -> None:
        """Count a cell."""
        if _LIKE_ONE.fullmatch(text) is None or _PADDED.match(text):
            return
        self.seen.update(sign for sign in ".,' " if sign in text.translate(_SPACES | _APOSTROPHE))
        if found := _EITHER.fullmatch(text):
            self.either.setdefault(found[1], text)
        for signs in (PLAIN, *_CONVENTIONS):
            if is_whole(text, *signs):
                self.counts[signs] += many
                if text.partition(signs.decimal or ".")[2].strip("0"):
                    self.fractions.add(signs)

    def signs(self, least: float) -> Signs | None:
        """Return the signs that read at least so many cells; a question if the cells do not prove them."""
        found = [signs for signs in _CONVENTIONS if self.counts[signs] >= least]
        for sign, text in self.either.items():
            if any(signs.decimal == sign for signs in found) and any(signs.thousands == sign for signs in found):
                return Signs(choose(_question(text, sign)))
        return next(filter(self._is_shown, found), None)

    def _is_shown(self, signs: Signs) -> bool:
        """Whether cells prove these signs: spaces alone may be a phone number, and a point alone is no convention."""
        if signs.thousands in (" ", "'"):
            return self.seen >= {signs.decimal, signs.thousands}
        return "," in self.seen or signs.decimal == ","


def _question(text: str, sign: str) -> str:
    other = "," if sign == "." else "."
    whole, part = text.replace(sign, ""), text.replace(sign, ".")
    return (
        f"is {text!r} {whole}? Then decimal={other!r}, thousands={sign!r}. If it is {part}: Text, as a Whole rounds it"
    )
