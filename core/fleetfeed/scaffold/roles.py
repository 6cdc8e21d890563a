"""Guess the roles of columns from names and cells: the key, the winner, bookkeeping, and `Roles`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from fleetfeed.feed.layout import Layout
from fleetfeed.feed.problems import choose
from fleetfeed.scaffold.columns import Guess, likeliest
from fleetfeed.scaffold.draft import Draft
from fleetfeed.scaffold.table import Table
from fleetfeed.scaffold.time_formats import BEGUN, ENDED, is_called_time

_UPDATED = re.compile(r"(updated|modified|changed|last_change)")
_BOOKKEEPING = re.compile(r"^(first|last)_seen|exported|(source|sys)_(created|updated|mod)|^row_?version$|^snapshot")
_CLOSED = re.compile(r"^(closed|complete|completed|cancelled|canceled|done|finished|finalized)$", re.IGNORECASE)
_PERHAPS_CLOSED = re.compile(
    r"clos|complet|cancel|resolv|solv|fail|reject|finish|done|withdrawn|expired", re.IGNORECASE
)
_CANCELLED = re.compile(r"^(cancelled|canceled)$", re.IGNORECASE)
_LONGEST = 40  # characters of a cell shown in a question
# Patterns by role, best first. A role without a match is left out, which is harmless.
TIMES = {
    "closed": (
        r"^closed(_at|_on|_time|_date)?$",
        rf"^(date_)?({ENDED})(_at|_on|_time|_date|_dt)?$",
        r"clos",
    ),
    "created": (
        r"^created_at_service$",
        rf"^(date_)?({BEGUN})(_at|_on|_time|_date|_dt)?$",
        r"^first_seen",
        r"creat|open",
    ),
}
TEXTS = {
    "cluster": (r"^cluster$", r"^(area|district|zone|county|city)$"),
    "location": (
        r"^location(_name)?$",
        r"^(address|site|place|branch|street)(_name)?$",
        r"^(full|incident|street|site|service)_address$",
        r"^(?!.*(type|e?mail|ip_|_ip|mac_|web)).*(location|address)",
    ),
    "team": (r"^(assigned_)?team$", r"^(assignment_|assigned_|support_)?group$", r"^(crew|queue|department)$"),
    "region": (r"^region$", r"^(province|state_name)$"),
    "owner": (r"^owner$", r"^(assigned_to|assignee|technician|agent)$"),
    "bucket": (r"^bucket$", r"^(kind|category|type|(ticket|fault|change|issue)_type)$"),
    "sla_status": (r"^sla_status$",),
}
_STATUS = (
    r"^normalized_status$",
    r"^(status|state)$",
    r"^(ticket|incident|case|request)_(status|state)$",
    r"(^|_)(status|state)$",
)


@dataclass
class Parts:
    """Which column plays which part. What a person has to decide is a Choice."""

    key: str
    records: int
    winner: tuple[str, ...] = ()
    bookkeeping: tuple[str, ...] = ()
    roles: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    status_folds: bool = False  # the case of statuses varies
    skip: int = 0  # lines before the header, if the reader does not find it by itself


def parts_of(draft: Draft, table: Table) -> Parts:
    """Guess the parts of a draft's columns."""
    key = draft.key
    others = [guess for guess in draft.columns if guess is not key]
    likely = likeliest(draft.columns, draft.records)[:4]
    doubts = "".join(f"; {guess.name} {guess.doubt}" for guess in likely if guess.doubt)
    parts = Parts(
        key.name if key else choose(_question("the key: which column names a ticket?", _names(likely)) + doubts),
        draft.records,
    )
    if key:
        known = frozenset(_names(draft.columns))
        layout = Layout(draft.dialect.delimiter, "utf-8", draft.headers, key.name, known)
        parts.skip = 0 if table.finds_header(layout) else draft.dialect.skip
    parts.winner = _winner(table, key, [guess for guess in others if guess.kind == "Moment"])
    seen = (guess.name for guess in others if _BOOKKEEPING.search(guess.name))
    parts.bookkeeping = tuple(dict.fromkeys((*(name for name in parts.winner if name in _names(others)), *seen)))
    _roles(parts, others, draft.records)
    return parts


def _names(guesses: Iterable[Guess]) -> list[str]:
    return [guess.name for guess in guesses]


def _winner(table: Table, key: Guess | None, times: list[Guess]) -> tuple[str, ...]:
    """Return the time by which the latest record wins: one named like it that differs between records of a ticket."""
    named = [guess for guess in times if _UPDATED.search(guess.name) and guess.cells.filled]
    if key is None or key.cells.distinct == table.records:
        best = max(named, key=lambda guess: guess.cells.filled, default=None)
        return (best.name,) if best else ()
    varied = {guess.name: table.versions(key.place, guess.place) for guess in times if guess.cells.filled}
    if named:
        return (max(named, key=lambda guess: varied[guess.name]).name,)
    names = sorted((name for name in varied if varied[name]), key=lambda name: -varied[name])
    if not names:
        return ()  # the later line wins
    many = f"{table.records - key.cells.distinct:,} records are another version of a ticket"
    return (choose(_question(f"{many}: by which time is one the latest?", names[:4])),)


def _roles(parts: Parts, others: list[Guess], records: int) -> None:
    words = [guess for guess in others if guess.kind == "Text"]
    status = _first(_STATUS, [guess for guess in words if guess.cells.few])
    roles = parts.roles
    if status:
        parts.status_folds = len({text.lower() for text in status.cells.few}) < len(status.cells.few)
        roles["status"] = status.name
        closed = _closed_statuses(status, folds=parts.status_folds)
    else:
        few = _names(guess for guess in words if guess.cells.few)
        roles["status"] = choose(_question("which column is the status, open or closed?", few[:5]))
        closed = (choose("which words of the status mean closed?"),)
    roles["closed_statuses"] = closed
    _times(roles, [guess for guess in others if guess is not status], records)
    for role, patterns in TEXTS.items():
        there = [guess for guess in words if guess.cells.filled and not guess.cells.is_position]
        if (found := _first(patterns, there)) and found is not status:
            roles[role] = found.name
    _numbers(roles, others)
    if cancelled := tuple(word for word in closed if _CANCELLED.match(word)):
        roles["cancelled_statuses"] = cancelled


def _times(roles: dict[str, str | tuple[str, ...]], others: list[Guess], records: int) -> None:
    """Find the times at which a ticket was closed and created; leave a question if no column has them."""
    times = [guess for guess in others if guess.kind == "Moment"]
    filled = [guess for guess in times if guess.cells.filled]
    closed = _first(TIMES["closed"], filled) or _first(TIMES["closed"], times)
    closed = None if _is_doubted(closed, TIMES["closed"], others) else closed
    created = _first(TIMES["created"], filled) or _first(TIMES["created"], times)
    begun = _beginnings(TIMES["created"], times, records) or ((created.name,) if created else ())
    begun = () if _is_doubted(created, TIMES["created"], others) else begun
    left = [guess for guess in others if guess is not closed and guess.name not in begun]
    unsaid = "None if no column says it"
    roles["closed"] = closed.name if closed else _asked("when was a ticket closed?", TIMES["closed"], left, unsaid)
    roles["created"] = begun or (_asked("when did a ticket begin?", TIMES["created"], left),)


def _asked(what: str, patterns: Iterable[str], left: list[Guess], unsaid: str = "") -> str:
    """Ask for the time of a role, first offering Text columns whose names match."""
    candidates = [_as_moment(guess) for guess in left if _first(patterns, _texts_called_times([guess]))]
    candidates += _names(guess for guess in left if guess.kind == "Moment")
    return choose(_question(what, candidates[:5], unsaid))


def _is_doubted(chosen: Guess | None, patterns: Iterable[str], others: list[Guess]) -> bool:
    """Whether a Text column has as good a name as the chosen time, and some cells that are times."""
    named = _texts_called_times(others)
    partly = [guess for guess in named if guess.cells.counts["Moment"] + guess.cells.counts["odd"]]
    best = _first(patterns, [*partly, *([chosen] if chosen else [])])
    return best is not None and best is not chosen


def _texts_called_times(guesses: Iterable[Guess]) -> list[Guess]:
    return [guess for guess in guesses if guess.kind == "Text" and is_called_time(guess.name)]


def _as_moment(guess: Guess) -> str:
    """Name a Text column with examples of the cells that are not times."""
    cells = guess.cells
    bad = cells.filled - cells.counts["Moment"]
    few = ", ".join(repr(text[:_LONGEST]) for text in cells.no_times)
    return f"{guess.name} as a Moment (cannot read {bad:,} of {cells.filled:,} cells: {few})"


def _beginnings(patterns: Iterable[str], times: list[Guess], records: int) -> tuple[str, ...]:
    """List the times at which a ticket began, until one of them is always filled."""
    found: list[Guess] = []
    while not found or found[-1].cells.filled < records:
        left = [guess for guess in times if guess not in found and guess.cells.filled]
        if (another := _first(patterns, left)) is None:
            break
        found.append(another)
    return tuple(guess.name for guess in found)


def _numbers(roles: dict[str, str | tuple[str, ...]], others: list[Guess]) -> None:
    degrees = [guess for guess in others if guess.kind == "Degrees"]
    latitude, longitude = _first((r"(^|_)lat",), degrees), _first((r"(^|_)(lon|lng)",), degrees)
    if latitude and longitude:
        roles |= {"latitude": latitude.name, "longitude": longitude.name}
    for role, kind in (("actionable", "YesNo"), ("mttr", "Whole")):
        if found := _first((rf"^(is_)?{role}$",), [guess for guess in others if guess.kind == kind]):
            roles[role] = found.name
    if roles.get("status") == "normalized_status" and "raw_status" in _names(others):
        roles["raw_status"] = "raw_status"


def _closed_statuses(status: Guess, *, folds: bool) -> tuple[str, ...]:
    """List the statuses that mean closed, with a question for each doubtful one."""
    words = list(dict.fromkeys(text.lower() if folds else text for text in status.cells.few))
    sure = [word for word in words if _CLOSED.match(word)]
    unsure = [word for word in words if word not in sure and _PERHAPS_CLOSED.search(word)]
    questions = [choose(f"does {word!r} mean closed? If so {word!r} stands here, else nothing") for word in unsure]
    if not sure and not unsure:
        questions = [choose(_question("which words mean closed?", words, "nothing if none of them does"))]
    return (*sure, *questions)


def _question(what: str, candidates: Iterable[str], unsaid: str = "") -> str:
    """Write a question; `unsaid` is the answer if none of the candidates fits."""
    listed = ", ".join(candidates)
    ends = f"; {unsaid}" if unsaid else ""
    return f"{what} ({listed}?{ends})" if listed else f"{what} (no column looks like it{ends})"


def _first(patterns: Iterable[str], guesses: Iterable[Guess]) -> Guess | None:
    there = list(guesses)
    return next((guess for pattern in patterns for guess in there if re.search(pattern, guess.name)), None)
