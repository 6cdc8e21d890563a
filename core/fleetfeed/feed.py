"""What a feed declares: a plain table that can be printed, compared and tested. No I/O and no SQL in here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any, ClassVar

NAME = re.compile(r"^[a-z][a-z0-9_]{0,30}$")
COLUMN = re.compile(r"^[a-z_][a-z0-9_]{0,58}$")
# Where a dropped-in folder lies says nothing about what it declares: plugins.py gives its module such a name.
_DROPPED_IN = re.compile(r"^fleetfeed_plugin_[0-9a-f]+_")
# Tables of the core: a feed of one of these names would be created over them.
RESERVED = frozenset(
    {"import_meta", "import_runs", "exports", "rejects", "ticket_changes", "closure_events", "geo_clusters"}
    | {"geo_locations", "geo_budgets", "feed_schemas", "schema_version"}
    | {"captures", "captured_runs", "feed_settings", "sla_targets"}
)
# Columns that every feed's table has; a declared column of one of these names would clash.
TABLE_COLUMNS = frozenset(
    {"ticket_id", "raw", "geom", "geo_source", "geo_precision", "geog", "absent_since", "ingested_at"}
    | {"source_digest", "location_key", "run_id"}
)
PLACE_COLUMNS = frozenset({"latitude", "longitude"})  # the table's own are those of the resolved place


@dataclass(frozen=True)
class Column:
    """Declare one column of the export; the kinds below say what its text is read as."""

    typed: ClassVar[bool] = True  # whether the feed's table gets a column of this name

    name: str
    fold: Callable[[str], str] | None = field(default=None, kw_only=True)  # applied to the text that goes into `raw`


class Text(Column):
    """Text, as it came."""


@dataclass(frozen=True)
class Whole(Column):
    """A whole number; `536.0` is 536, halves are rounded away from zero."""

    unit: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class YesNo(Column):
    """True or false, by words (compared in lower case)."""

    yes: tuple[str, ...] = field(default=("true", "t", "yes", "y", "1"), kw_only=True)
    no: tuple[str, ...] = field(default=("false", "f", "no", "n", "0"), kw_only=True)


@dataclass(frozen=True)
class Moment(Column):
    """A time `YYYY-MM-DD HH:MM[:SS[.ffffff]]` (or with a `T`), without an offset, in `zone`."""

    zone: str = field(default="Africa/Nairobi", kw_only=True)


class Untyped(Column):
    """Text that stays in `raw` and gets no column of its own."""

    typed = False


class Degrees(Column):
    """A coordinate of the feed; `latitude` and `longitude` of the table are those of the place it resolves to."""

    typed = False


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
    closed_statuses: tuple[str, ...]
    closed: str  # when it was closed
    created: tuple[str, ...]  # when it began: the first that is there
    cluster: str
    location: str
    team: str
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


@dataclass(frozen=True, kw_only=True)
class Feed:
    """Declare a feed: which columns its export has, and what they mean.

    Raises ValueError for a declaration that does not hang together.
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
    revision: int = 1  # raise it when code of the feed changes what a row becomes

    def __post_init__(self) -> None:
        if problems := list(_problems(self)):
            raise ValueError(f"feed {self.name!r}: " + "; ".join(problems))

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of all columns the declaration speaks of."""
        return frozenset({self.key, *self.ignore, *(column.name for column in self.columns)})

    @cached_property
    def ignored(self) -> frozenset[str]:
        """Names of the columns that do not reach `raw`."""
        return frozenset(self.ignore)

    @cached_property
    def folds(self) -> dict[str, Callable[[str], str]]:
        """Each folded column's way to be folded."""
        return {column.name: column.fold for column in self.columns if column.fold}

    @cached_property
    def zone(self) -> str:
        """The time zone of the feed's days: the one in which its closing times are written."""
        return next(item.zone for item in self.columns if isinstance(item, Moment) and item.name == self.roles.closed)

    @cached_property
    def fingerprint(self) -> str:
        """Digest the whole declaration: it changes whenever a row could become something else."""
        text = json.dumps(_plain(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _problems(feed: Feed) -> list[str]:
    names = [column.name for column in feed.columns]
    roles = [value for value in vars(feed.roles).values() if isinstance(value, str)] + list(feed.roles.created)
    typed = {column.name for column in feed.columns if column.typed}
    moments = {column.name for column in feed.columns if isinstance(column, Moment)}
    taken = TABLE_COLUMNS | (PLACE_COLUMNS & typed)
    problems = []
    if not NAME.fullmatch(feed.name) or feed.name in RESERVED:
        problems.append(f"a feed's name matches {NAME.pattern} and is not one of {', '.join(sorted(RESERVED))}")
    problems += [f"column {name!r} is declared twice" for name in sorted({n for n in names if names.count(n) > 1})]
    problems += [f"{name!r} is not a possible column name" for name in names if not COLUMN.fullmatch(name)]
    problems += [f"column {name!r} is one every feed's table has" for name in names if name in taken - {feed.key}]
    problems += [f"column {name!r} is both declared and ignored" for name in names if name in feed.ignore]
    problems += [
        f"the key {feed.key!r} is not declared as a column; it is implied" for name in names if name == feed.key
    ]
    problems += [f"winner {name!r} is not a declared Moment" for name in feed.winner if name not in moments]
    problems += [f"role {name!r} is not a declared column" for name in roles if name not in names]
    required = [item.name for item in fields(feed.roles) if item.default is MISSING]
    problems += [f"the role {name!r} is missing" for name in required if not getattr(feed.roles, name)]
    times = dict.fromkeys((feed.roles.closed, *feed.roles.created))
    problems += [f"role {name!r} is not a Moment" for name in times if name in names and name not in moments]
    problems += list(_role_problems(feed, typed))
    problems += [f"the key {name!r} is ignored" for name in feed.ignore if name == feed.key]
    problems += [f"bookkeeping {name!r} is not a declared column" for name in feed.bookkeeping if name not in names]
    problems += [f"drop on {drop.column!r}, which is not declared" for drop in feed.drops if drop.column not in names]
    problems += [f"the code {code!r} {wrong}" for code in feed.codes if (wrong := _wrong_code(code))]
    return problems


def _wrong_code(code: str) -> str:
    """Say what is wrong with a pattern that is taken out of names: one in the middle of a name could be part of it."""
    try:
        if re.compile(code).search(""):
            return "matches nothing at all"
    except re.error as error:
        return f"is no pattern: {error}"
    return "" if code.startswith("^") or code.endswith("$") else "begins with no ^ and ends with no $"


def _role_problems(feed: Feed, typed: set[str]) -> Iterator[str]:
    kinds = {item.name: type(item) for item in feed.columns}
    for role, name in vars(feed.roles).items():
        if isinstance(name, str) and role not in PLACE_COLUMNS and name in kinds.keys() - typed:
            yield f"the {role} {name!r} gets no column"
    for role, kind in (("actionable", YesNo), ("mttr", Whole)):
        name = getattr(feed.roles, role)
        if name in kinds and kinds[name] is not kind:
            yield f"role {name!r} is not a {kind.__name__}"
    for word in feed.roles.cancelled_statuses:
        if word not in feed.roles.closed_statuses:
            yield f"the cancelled status {word!r} is not one of the closed ones"


def _plain(value: Any) -> Any:
    """Turn a declaration into plain JSON; a callable goes by its qualified name."""
    if is_dataclass(value) and not isinstance(value, type):
        members = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
        return {"kind": type(value).__name__, **members}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if callable(value):
        return f"{_DROPPED_IN.sub('', getattr(value, '__module__', ''))}.{value.__qualname__}"
    return value
