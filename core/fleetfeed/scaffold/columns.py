"""What one column seems to be, and which one names a ticket."""

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
    """Hold one column of the export."""

    place: int
    spelt: str
    name: str
    cells: Cells
    kind: str
    formats: tuple[str, ...] = ()  # for a Moment; a Choice among them where it cannot be known
    zone: str = ""  # for a Moment, where its cells name one
    signs: Signs = PLAIN  # for a Whole or Degrees
    doubt: str = ""  # why it is not the key, though it may look like it

    @property
    def folds(self) -> bool:
        """Whether its words are written in capitals here and there: two spellings of yes are one."""
        return self.kind == "YesNo" and not all(text.isdigit() for text in self.cells.few)

    @property
    def bad(self) -> int:
        """How many cells it could not read."""
        return self.cells.bad(self.kind)


def key_of(guesses: Sequence[Guess], records: int) -> Guess | None:
    """Find the column that names a ticket; None where two may be it, or none looks like it."""
    first, *others = likeliest(guesses, records)
    best = _points(first, records)
    clear = not others or best > _points(others[0], records)
    return first if best >= _ENOUGH and clear else None


def likeliest(guesses: Sequence[Guess], records: int) -> list[Guess]:
    """Order columns by how much they look like the key."""
    return sorted(guesses, key=lambda guess: -_points(guess, records))


def _points(guess: Guess, records: int) -> int:
    """Weigh a column's name, whether its cells look like numbers of tickets, and their variety."""
    cells = guess.cells
    if guess.kind not in ("Text", "Whole") or not 0 < records <= cells.filled:
        return 0
    if guess.doubt:
        return _ENOUGH - 1  # it may be offered, and is never taken
    looks = all(_ID.fullmatch(text) for text in cells.examples)
    unique = cells.distinct == cells.filled
    return 3 * bool(_KEY.search(guess.name)) + 3 * unique + 2 * looks + (guess.place == 0)
