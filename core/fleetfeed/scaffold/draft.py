"""Draft a feed: every column of an export with what it seems to be, and the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from fleetfeed.feed.layout import Layout
from fleetfeed.feed.problems import Choice, choose
from fleetfeed.scaffold.cell_types import Cells, is_degrees, look_at
from fleetfeed.scaffold.columns import Guess, key_of
from fleetfeed.scaffold.naming import names_of, snake, text_name
from fleetfeed.scaffold.numbers import PLAIN, Signs
from fleetfeed.scaffold.table import Table
from fleetfeed.scaffold.time_formats import UTC_NAMES, Odd, is_called_time, is_day_first

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
)  # nobody uses these as text
PERHAPS = ("-", "--", "NA", "None", "none", "unknown", ".")  # only if the rest of the column is typed
_LATITUDE, _LONGITUDE = ("lat", "latitude"), ("lon", "lng", "long", "longitude")


@dataclass(frozen=True)
class Draft:
    """Everything guessed about an export."""

    dialect: Layout
    records: int
    unreadable: int
    nulls: tuple[str, ...]
    columns: tuple[Guess, ...]
    headers: dict[str, str] = field(default_factory=dict)
    key: Guess | None = None  # None if ambiguous

    def of_kind(self, *kinds: str) -> list[Guess]:
        """Return the columns of some kinds."""
        return [guess for guess in self.columns if guess.kind in kinds]

    def named(self, name: str) -> Guess:
        """Return the column with a name."""
        return next(guess for guess in self.columns if guess.name == name)


def draft_of(table: Table) -> Draft:
    """Guess what the columns of an export are."""
    nulls = _nulls(table)
    looked = [look_at(name, table.counts(place), nulls) for place, name in enumerate(table.header)]
    guesses = [_guess(place, spelt, snake(spelt), looked[place]) for place, spelt in enumerate(table.header)]
    guesses = [replace(guess, doubt=_doubt(guess, table)) for guess in guesses]
    key = key_of(guesses, table.records)
    names = names_of(table.header, key.spelt if key else "")
    guesses = [replace(guess, name=_name(guess, names[guess.spelt])) for guess in guesses]
    columns = tuple(_with_formats(guesses))
    headers = {guess.spelt: guess.name for guess in columns if guess.spelt != guess.name}
    named = columns[key.place] if key else None
    return Draft(table.dialect, table.records, table.unreadable, nulls, columns, headers, named)


def _nulls(table: Table) -> tuple[str, ...]:
    """Find cells that mean null: sure ones anywhere, others only where they alone keep a column from being typed."""
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
    kind, signs = cells.kind, PLAIN
    if name in (*_LATITUDE, *_LONGITUDE) or name.endswith(("_latitude", "_longitude", "_lat", "_lon", "_lng")):
        most = 90 if name.split("_")[-1] in _LATITUDE else 180
        comma = "," in cells.numbers.seen and "." not in cells.numbers.seen
        if all(is_degrees(text.replace(",", ".") if comma else text, most) for text in (cells.examples or [""])):
            cells.counts["Degrees"] = cells.filled
            kind, signs = "Degrees", Signs("," if comma else "")
    elif kind == "Whole" and cells.signs:
        signs = cells.signs
    if not cells.filled and is_called_time(name):
        kind = "Moment"
    return Guess(place, spelt, name, cells, kind, signs=signs)


def _doubt(guess: Guess, table: Table) -> str:
    """Return why a column with unique cells may still not be the key."""
    if guess.place in table.unnamed:
        return "has no name"
    return "only numbers the records" if guess.kind == "Whole" and table.counts_up(guess.place) else ""


def _name(guess: Guess, name: str) -> str:
    return name if guess.kind == "Degrees" else text_name(name)


def _with_formats(guesses: Sequence[Guess]) -> list[Guess]:
    """Determine the time formats: a day after the 12th shows which number is the month."""
    times = [guess for guess in guesses if guess.kind == "Moment"]
    votes = {is_day_first(forms[0]) for guess in times for forms in guess.cells.formats if len(forms) == 1} - {None}
    day_first = votes.pop() if len(votes) == 1 else None
    formats = {guess.place: _formats(guess, day_first) for guess in times}
    shared = tuple(dict.fromkeys(form for forms in formats.values() for form in forms if not _is_odd(form)))
    found = []
    for guess in guesses:
        own = formats.get(guess.place, ())
        own = own if own or guess.kind != "Moment" or guess.cells.filled else shared
        found.append(replace(guess, formats=own, zone=_zone(guess.name, own, plain=() in guess.cells.formats)))
    return found


def _is_odd(form: str) -> bool:
    return isinstance(form, Choice) and "formats" in form


def _zone(name: str, formats: Sequence[str], *, plain: bool) -> str:
    """Return the zone that the cells of a column name in words, as in `10:00 UTC`."""
    utc = [form for form in formats if form.endswith(UTC_NAMES)]
    others = plain or any(form for form in formats if form not in utc and "%z" not in form)
    if utc and others:
        return choose(f"some times of {name} end in UTC, others name no zone: in which zone are those?")
    return "UTC" if utc else ""


def _formats(guess: Guess, day_first: bool | None) -> tuple[str, ...]:
    cells = guess.cells
    own = {is_day_first(forms[0]) for forms in cells.formats if len(forms) == 1} - {None}
    way = own.pop() if len(own) == 1 else day_first
    found: list[str] = []
    for forms, _ in cells.formats.most_common():
        if len(forms) > 1 and way is None:
            found.append(choose(_question(forms)))
        elif forms:
            found.append(next(form for form in forms if len(forms) == 1 or is_day_first(form) == way))
    if cells.is_odd:
        found.append(choose(_how_to_read(guess.name, cells)))
    return tuple(dict.fromkeys(found))


def _how_to_read(name: str, cells: Cells) -> str:
    few, seconds = ", ".join(map(repr, list(cells.odd)[:2])), Odd.EPOCH in cells.odd.values()
    what = Odd.EPOCH if seconds else Odd.UNKNOWN
    seen = f"{name} looks like times in {what.value} ({few}): "
    if seconds:
        return f"{seen}write a fold that makes times of them, and zone='UTC', in place of `formats`"
    return f"{seen}write `formats`, a fold, or Text if they are none"


def _question(forms: Iterable[str]) -> str:
    first, second = forms
    return f"no day is beyond the 12th: is it day first, {first!r}, or month first, {second!r}?"
