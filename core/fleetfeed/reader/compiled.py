"""Compile a declaration into SQL: DuckDB filters and normalises rows, and writes them as text for COPY.

The answers are those of `stages.filter` and `stages.normalise`. A row that SQL could read differently goes through
these stages: rows with control characters or spreadsheet formulas, with letters beyond ASCII in a cell that is
folded or decides something, or with an odd key; and all that the filter drops for another reason than `drops`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import IntEnum

from fleetfeed.feed import Feed
from fleetfeed.feed.parts import Drop
from fleetfeed.model import LONGEST_KEY
from fleetfeed.reader.duckdb_sql import cleaned, literal
from fleetfeed.text.parse import WHITE_SPACE

# Functions of the standard library that DuckDB has, too; on ASCII both do the same.
_FOLDS = ((str.upper, "upper"), (str.lower, "lower"), (str.casefold, "lower"))
SEPARATOR = "\x1f"  # between the cells of a row; a file that holds one is read row by row
_SEPARATOR = "chr(31)"
_PRINTABLE = r"'[\x1f -~]*'"
_PLAIN = r"'[\x1f -!#-\[\]-~]*'"  # without quotes and backslashes
_CONTROL = r"'[\x00-\x1e\x7f]'"
_SPACES = WHITE_SPACE.replace(SEPARATOR, "")
_EDGES = f"'[{_SPACES}]\x1f|\x1f[{_SPACES}]'"
_TAB = "chr(9)"
_E_NOTATION = r"'[+-]?\d+(\.\d*)?[eE][+-]?\d+'"


class Way(IntEnum):
    """What the SQL answers for a row."""

    BY_ROW = 0  # Python has to read it
    TICKET = 1
    DROPPED = 2


def why_not(feed: Feed) -> str:
    """Return why a declaration cannot be compiled; empty if it can."""
    for name, spelling in feed.spellings.items():
        if _fold(spelling.function) is None:
            return f"{name} is normalised by Python code"
    reasons = [drop.reason for drop in feed.drops if type(drop) is not Drop]
    return f"the drop {reasons[0]} is Python code" if reasons else ""


def _fold(function: object) -> str | None:
    """Return DuckDB's name of a fold; None if it has none. A fold need not be hashable."""
    return next((name for known, name in _FOLDS if known is function), None)


def select(feed: Feed, header: tuple[str, ...], total: int | None, rows: str) -> str:
    """Return SQL that reads `rows`, a SELECT of n, k, d, stops and the cells.

    It answers for each row: a Way, the row's number, the place of the drop, and the line for COPY or the key.
    `total`: number of a row that looks like a total.
    """
    cells = {name: f"c{place}" for place, name in enumerate(header)}
    line = _Line(feed, cells)
    lines = (
        f"CASE WHEN plain THEN {line.text(trimmed=True, escaped=False)} "
        f"WHEN tidy THEN {line.text(trimmed=True, escaped=True)} ELSE {line.text(trimmed=False, escaped=True)} END"
    )
    return (
        f"SELECT least(way, {Way.DROPPED}), n, way - {Way.DROPPED}, CASE way WHEN {Way.TICKET} THEN {lines} ELSE k END "
        f"FROM (SELECT *, CASE {' '.join(_ways(feed, cells, total))} ELSE {Way.TICKET} END AS way FROM ("
        f"SELECT *, regexp_full_match(joined, {_PLAIN}) AND NOT contains(joined, ' ' || {_SEPARATOR}) "
        f"AND NOT contains(joined, {_SEPARATOR} || ' ') AS plain, "
        f"plain OR NOT regexp_matches(joined, {_EDGES}) AS tidy "
        f"FROM (SELECT *, {_joined(cells.values())} AS joined FROM ({rows}))))"
    )


def _ways(feed: Feed, cells: dict[str, str], total: int | None) -> Iterator[str]:
    """Yield WHEN … THEN, in order."""
    location, status = cells.get(feed.roles.location or ""), cells.get(feed.roles.status, "NULL")
    deciding = [*feed.spellings, feed.roles.location, *(drop.column for drop in feed.drops)]
    ascii_only = _joined(["k", *(cells[name] for name in dict.fromkeys(deciding) if name in cells)])
    odd = [
        "stops",
        "k IS NULL",
        rf"NOT plain AND (regexp_matches(joined, {_CONTROL}) OR contains(joined, '=' || chr(34)) "
        f"OR NOT regexp_full_match({ascii_only}, {_PRINTABLE}))",
        f"strlen(k) > {LONGEST_KEY} OR contains(k, '  ') OR regexp_full_match(k, {_E_NOTATION})",
        f"lower(k) IN ({_list(sorted(feed.header_words))})",
        f"CASE WHEN plain THEN {_value(feed, status, trimmed=True)} ELSE {_value(feed, status)} END IS NULL",
        *([f"contains({location}, '  ')"] if location else []),
        *([f"n = {total:d}"] if total is not None else []),
    ]
    yield from (f"WHEN {condition} THEN {Way.BY_ROW}" for condition in odd)
    for place, drop in enumerate(feed.drops):
        if drop.column in cells:
            words = _list(drop.words)
            yield f"WHEN lower(trim({cells[drop.column]})) IN ({words}) THEN {Way.DROPPED + place}"


class _Line:
    """SQL of a ticket's line for COPY: number, key, `raw`, digest and location key."""

    def __init__(self, feed: Feed, cells: dict[str, str]) -> None:
        self._feed = feed
        self._cells = {name: cell for name, cell in cells.items() if name not in feed.ignored}

    def text(self, *, trimmed: bool, escaped: bool) -> str:
        """Return the line of rows whose cells are `trimmed` already, and may need escapes."""
        members = [
            part
            for name, cell in self._cells.items()
            if name != self._feed.key
            for part in self._member(name, cell, trimmed=trimmed, escaped=escaped)
        ]
        # The key is never null, so that it begins the object.
        key = [literal("{" + _member(self._feed.key)), _json("k") if escaped else "k", "'\"'"]
        location = self._cells.get(self._feed.roles.location or "")
        place = self._value(self._feed.roles.location or "", location, trimmed=trimmed) if location else "NULL"
        first, last = _doubled("k") if escaped else "k", _doubled(place) if escaped else place
        parts = ["n", _TAB, first, _TAB, *key, *members, f"'}}' || {_TAB}", "d", _TAB, f"coalesce({last}, '\\N')"]
        return f"concat({', '.join(parts)}, chr(10))"

    def _member(self, name: str, cell: str, *, trimmed: bool, escaped: bool) -> Iterator[str]:
        """Yield what is concatenated for a cell; null if it is empty."""
        value, begin = self._value(name, cell, trimmed=trimmed), literal("," + _member(name))
        if value == cell and not escaped:  # several times as fast as ||
            yield from (
                f"CASE WHEN {cell} IS NOT NULL THEN {begin} END",
                cell,
                f"CASE WHEN {cell} IS NOT NULL THEN '\"' END",
            )
        else:
            yield f"{begin} || {_json(value) if escaped else value} || '\"'"

    def _value(self, name: str, cell: str, *, trimmed: bool) -> str:
        value, spelling = _value(self._feed, cell, trimmed=trimmed), self._feed.spellings.get(name)
        return f"{_fold(spelling.function)}({value})" if spelling else value


def _member(name: str) -> str:
    """Return the beginning of a member of a JSON object, escaped for COPY."""
    return json.dumps(name, ensure_ascii=False).replace("\\", "\\\\") + ':"'


def _value(feed: Feed, cell: str, *, trimmed: bool = False) -> str:
    """Return SQL of a cell as it is stored; null if it is empty or means null."""
    value = cell if trimmed else f"nullif({cleaned(cell)}, '')"
    return f"CASE WHEN {value} NOT IN ({_list(feed.nulls)}) THEN {value} END" if feed.nulls else value


def _json(text: str) -> str:
    """Return SQL of a text in a JSON string, escaped for COPY: each backslash of JSON is doubled again."""
    return f"replace(replace({text}, '\\', '\\\\\\\\'), '\"', '\\\\\"')"


def _doubled(text: str) -> str:
    return f"replace({text}, '\\', '\\\\')"


def _joined(cells: Iterable[str]) -> str:
    """Return SQL of all cells with a separator before, between and after them."""
    return f"concat({_SEPARATOR}, {', '.join(f'{cell}, {_SEPARATOR}' for cell in cells)})"


def _list(values: Iterable[str]) -> str:
    return ", ".join(map(literal, values)) or "NULL"
