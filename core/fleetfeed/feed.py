"""What a feed declares: a plain table that can be printed, compared and tested. No I/O and no SQL in here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from fleetfeed.callables import Spelling, is_text, spelling_of
from fleetfeed.declaration import BadDeclaration, problems
from fleetfeed.declaration.fingerprint import plain
from fleetfeed.header import Layout
from fleetfeed.parse import as_seen, iso_time


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


@dataclass(frozen=True)
class Drop:
    """Drop a row whose cell is one of `words` (trimmed, in lower case), and count it under `reason`."""

    column: str
    words: tuple[str, ...]
    reason: str

    def matches(self, values: Mapping[str, str | None]) -> bool:
        """Tell whether the row goes."""
        cell = values.get(self.column)
        return cell is not None and cell.strip().lower() in self.words


def is_true(column: str, *, reason: str) -> Drop:
    """Drop rows in which this column says yes."""
    return Drop(column, YesNo(column).yes, reason)


@dataclass(frozen=True)
class Box:
    """Bound a country, in degrees: a coordinate outside is not believed."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True)
class Roles:
    """Say which column plays which part; everything that derives from a feed reads these."""

    status: str
    closed_statuses: tuple[str, ...]  # () only without `closed`: then tickets never close, they become absent
    closed: str | None = None  # when it was closed; without one only the status says that it is
    created: tuple[str, ...] = ()  # when it began: the first that is there; one at least
    cluster: str | None = None  # without one its tickets get no place but the feed's own coordinates
    location: str | None = None
    team: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    actionable: str | None = None  # whether somebody can do something about it; without one, everything open is
    # What maps, dashboards and closures show beside the above: nothing else of a ticket's text leaves its table.
    cancelled_statuses: tuple[str, ...] = ()  # of the closed ones: no repair, so in no repair time
    raw_status: str | None = None
    bucket: str | None = None  # kind of fault; each may have an SLA target of its own
    region: str | None = None
    owner: str | None = None
    mttr: str | None = None  # minutes, as the source counts them
    sla_status: str | None = None
    open_statuses: tuple[str, ...] = ()  # known not to be closed; a status that is named nowhere and new is a warning


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Declare a feed: which columns its export has, and what they mean.

    Raises BadDeclaration, a ValueError, for one that does not hang together.
    """

    name: str
    key: str
    columns: tuple[Column, ...]
    roles: Roles
    winner: tuple[str, ...] = ()  # of several records with one key, the latest by these times is the ticket
    sentinel: str | None = None  # how the last record begins when the exporter hit its limit
    drops: tuple[Drop, ...] = ()
    ignore: tuple[str, ...] = ()  # columns of the export that do not even reach `raw`
    bookkeeping: tuple[str, ...] = ()  # columns whose change is no event of the ticket
    aliases: Mapping[str, str] = field(default_factory=dict)  # cluster code → the name to geocode
    codes: tuple[str, ...] = ()  # patterns of what no map knows, at the beginning (^) or end ($) of a location's name
    country: Box | None = None
    delimiter: str = ","
    encoding: str = "utf-8"  # any codec of Python; bytes that it cannot read reject their record
    nulls: tuple[str, ...] = ()  # cells that mean «nothing»: "?", "N/A"
    headers: Mapping[str, str] = field(default_factory=dict)  # how the export spells a column → its name in here
    skip: int = 0  # lines before the header; titles before a line that names the key are found without it
    revision: int = 1  # raise it when hooks, or what folds call, change what a row becomes

    def __post_init__(self) -> None:
        if found := problems(self):
            raise BadDeclaration(self.name, found)

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of all columns the declaration speaks of."""
        return frozenset({self.key, *self.ignore, *(column.name for column in self.columns)})

    @cached_property
    def ignored(self) -> frozenset[str]:
        """Names of the columns that do not reach `raw`."""
        return frozenset(self.ignore)

    @property
    def layout(self) -> Layout:
        """How its exports are laid out."""
        return Layout(self.delimiter, self.encoding, self.headers, self.key, self.known, self.skip)

    @cached_property
    def header_spellings(self) -> dict[str, frozenset[str]]:
        """How the header of an export may spell each declared column, as people see it."""
        spelt = {name: {as_seen(name)} for name in self.known}
        for text, name in self.headers.items():
            spelt[name].add(as_seen(text))
        return {name: frozenset(texts) for name, texts in spelt.items()}

    @cached_property
    def header_words(self) -> frozenset[str]:
        """All that a header may say of declared columns, as people see it."""
        return frozenset().union(*self.header_spellings.values())

    @cached_property
    def spellings(self) -> dict[str, Spelling]:
        """How the cells of some columns are spelt anew."""
        return {column.name: spelling for column in self.columns if (spelling := spelling_of(column))}

    @cached_property
    def winners(self) -> tuple[Moment, ...]:
        """The columns by whose times the latest of several records is the ticket."""
        moments = {column.name: column for column in self.columns if isinstance(column, Moment)}
        return tuple(moments[name] for name in self.winner)

    @cached_property
    def zone(self) -> str:
        """The time zone of the feed's days: that of its closing times; without them, that of its first beginnings."""
        name = self.roles.closed or self.roles.created[0]
        return next(item.zone for item in self.columns if isinstance(item, Moment) and item.name == name)

    @cached_property
    def fingerprint(self) -> str:
        """Digest the whole declaration: it changes whenever a row could become something else."""
        text = json.dumps(plain(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
