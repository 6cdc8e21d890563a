"""A first draft of a feed: every column of an export with what it seems to be, and the evidence for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from fleetfeed.declaration import choose
from fleetfeed.scaffold.dialect import Dialect
from fleetfeed.scaffold.guess import Guess, key_of
from fleetfeed.scaffold.kinds import Cells, is_degrees, look_at
from fleetfeed.scaffold.naming import names_of, snake, text_name
from fleetfeed.scaffold.table import Table
from fleetfeed.scaffold.times import is_day_first

NULLS = (
    "?",
    "N/A",
    "n/a",
    "#N/A",
    "NULL",
    "null",
    "(null)",
    "<null>",
    "NaN",
    "nan",
    "\\N",
)  # nobody means a text by it
PERHAPS = ("-", "--", "NA", "None", "none", "unknown", ".")  # only where the rest of a column is no text
_LATITUDE, _LONGITUDE = ("lat", "latitude"), ("lon", "lng", "long", "longitude")
_ENDS = ("_at", "_date", "_time", "_on")  # what an empty column is called that would hold times


@dataclass(frozen=True)
class Draft:
    """Hold what is guessed of an export as a whole."""

    dialect: Dialect
    records: int
    unreadable: int
    nulls: tuple[str, ...]
    columns: tuple[Guess, ...]
    headers: dict[str, str] = field(default_factory=dict)
    key: Guess | None = None  # None: it cannot be known

    def of_kind(self, *kinds: str) -> list[Guess]:
        """List the columns of some kinds."""
        return [guess for guess in self.columns if guess.kind in kinds]

    def named(self, name: str) -> Guess:
        """Give a column by its name."""
        return next(guess for guess in self.columns if guess.name == name)


def draft_of(table: Table) -> Draft:
    """Guess what the columns of an export are."""
    nulls = _nulls(table)
    looked = [look_at(name, table.counts(place), nulls) for place, name in enumerate(table.header)]
    guesses = [_guess(place, spelt, snake(spelt), looked[place]) for place, spelt in enumerate(table.header)]
    key = key_of(guesses, table.records)
    names = names_of(table.header, key.spelt if key else "")
    guesses = [replace(guess, name=_name(guess, names[guess.spelt])) for guess in guesses]
    columns = tuple(_with_formats(guesses))
    headers = {guess.spelt: guess.name for guess in columns if guess.spelt != guess.name}
    named = columns[key.place] if key else None
    return Draft(table.dialect, table.records, table.unreadable, nulls, columns, headers, named)


def _nulls(table: Table) -> tuple[str, ...]:
    """Find the cells that mean nothing: sure ones anywhere, others where they alone keep a column from being typed."""
    found: Counter[str] = Counter()
    for place, name in enumerate(table.header):
        counts = [(text, many) for text, many in table.counts(place) if text in NULLS + PERHAPS]
        found.update({text: many for text, many in counts if text in NULLS})
        perhaps = {text: many for text, many in counts if text in PERHAPS}
        if perhaps and look_at(name, table.counts(place), NULLS).kind == "Text":
            rest = look_at(name, table.counts(place), NULLS + PERHAPS)
            found.update(perhaps if rest.filled and rest.kind != "Text" else {})
    return tuple(sorted(found, key=lambda text: (-found[text], text)))


def _guess(place: int, spelt: str, name: str, cells: Cells) -> Guess:
    kind = cells.kind
    if name in (*_LATITUDE, *_LONGITUDE) or name.endswith(("_latitude", "_longitude", "_lat", "_lon", "_lng")):
        most = 90 if name.split("_")[-1] in _LATITUDE else 180
        if all(is_degrees(text, most) for text in (cells.examples or [""])):
            cells.counts["Degrees"] = cells.filled
            kind = "Degrees"
    if not cells.filled and name.endswith(_ENDS):
        kind = "Moment"
    return Guess(place, spelt, name, cells, kind)


def _name(guess: Guess, name: str) -> str:
    return name if guess.kind == "Degrees" else text_name(name)


def _with_formats(guesses: Sequence[Guess]) -> list[Guess]:
    """Settle in which formats the times are written: days beyond the twelfth tell which number is the month."""
    times = [guess for guess in guesses if guess.kind == "Moment"]
    votes = {is_day_first(forms[0]) for guess in times for forms in guess.cells.formats if len(forms) == 1} - {None}
    day_first = votes.pop() if len(votes) == 1 else None
    all_formats = tuple(dict.fromkeys(form for guess in times for form in _formats(guess.cells, day_first)))
    return [
        guess
        if guess.kind != "Moment"
        else replace(guess, formats=_formats(guess.cells, day_first) or (all_formats if not guess.cells.filled else ()))
        for guess in guesses
    ]


def _formats(cells: Cells, day_first: bool | None) -> tuple[str, ...]:
    own = {is_day_first(forms[0]) for forms in cells.formats if len(forms) == 1} - {None}
    way = own.pop() if len(own) == 1 else day_first
    found: list[str] = []
    for forms, _ in cells.formats.most_common():
        if len(forms) > 1 and way is None:
            found.append(choose(_question(forms)))
        elif forms:
            found.append(next(form for form in forms if len(forms) == 1 or is_day_first(form) == way))
    return tuple(dict.fromkeys(found))


def _question(forms: Iterable[str]) -> str:
    first, second = forms
    return f"no day is beyond the 12th: is it day first, {first!r}, or month first, {second!r}?"
