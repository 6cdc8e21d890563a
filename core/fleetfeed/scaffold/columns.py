"""What one column seems to be, and which column is the key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fleetfeed.scaffold.cell_types import Cells
from fleetfeed.scaffold.numbers import PLAIN, Signs

_KEY = re.compile(
    r"^(id|key|number|no|ref|reference|ticket|case)$"
    r"|^(service_)?(ticket|case|request|incident|order|issue|unique|sr)(_enquiry|_request)?_?(id|no|nr|number|ref|key)$"
)
_ID = re.compile(r"[A-Za-z]{1,6}[-_ ]?\d+|\d{3,}|[0-9a-f]{8}-[0-9a-f-]{27}")
_ENOUGH = 4  # points


@dataclass(frozen=True)
class Guess:
    """One column of the export, with its guessed kind."""

    place: int
    spelt: str
    name: str
    cells: Cells
    kind: str
    formats: tuple[str, ...] = ()  # for a Moment; with a Choice where the format is ambiguous
    zone: str = ""  # for a Moment, if its cells name one
    signs: Signs = PLAIN  # for a Whole or Degrees
    doubt: str = ""  # why it is not the key although it looks like one

    @property
    def folds(self) -> bool:
        """Whether its yes/no words need a fold because their case varies."""
        return self.kind == "YesNo" and not all(text.isdigit() for text in self.cells.few)

    @property
    def bad(self) -> int:
        """Number of cells that it cannot read."""
        return self.cells.bad(self.kind)


def key_of(guesses: Sequence[Guess], records: int) -> Guess | None:
    """Return the key column; None if there are two candidates or none."""
    first, *others = likeliest(guesses, records)
    best = _points(first, records)
    clear = not others or best > _points(others[0], records)
    return first if best >= _ENOUGH and clear else None


def likeliest(guesses: Sequence[Guess], records: int) -> list[Guess]:
    """Sort columns by how likely they are the key."""
    return sorted(guesses, key=lambda guess: -_points(guess, records))


def _points(guess: Guess, records: int) -> int:
    """Score a column by its name, by whether its cells look like ticket numbers, and by their variety."""
    cells = guess.cells
    if guess.kind not in ("Text", "Whole") or not 0 < records <= cells.filled:
        return 0
    if guess.doubt:
        return _ENOUGH - 1  # may be suggested, but is never chosen
    looks = all(_ID.fullmatch(text) for text in cells.examples)
    unique = cells.distinct == cells.filled
    return 3 * bool(_KEY.search(guess.name)) + 3 * unique + 2 * looks + (guess.place == 0)
