"""Find records that are not tickets: empty ones, repeated headers, totals at the end. The draft ignores them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from fleetfeed.reader.duckdb_sql import cleaned
from fleetfeed.reader.spool import Spool
from fleetfeed.text.parse import as_seen, clean

if TYPE_CHECKING:
    import duckdb

_LAST = 5  # records at the end that may be totals
_TOTAL = re.compile(
    r"(grand|sub|report)?[ -]*totals?\b|sum(me|a)?\b|gesamt|count\b|records?:|end of|\d+ (rows|records)", re.I
)


class Kind(Enum):
    """What a record is that is not a ticket."""

    EMPTY = "an empty record"
    HEADER = "the header once more"
    TOTAL = "a total or the end of a report"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One record that is not a ticket."""

    record: int  # number among the readable records
    kind: Kind
    begin: str  # its first non-empty cell

    def __str__(self) -> str:
        begins = f", which begins {self.begin!r}," if self.begin else ""
        return f"{begins} is {self.kind.value}"


def leave_out(db: duckdb.DuckDBPyConnection, spool: Spool) -> Iterator[LeftOut]:
    """Delete the records that are not tickets from the table `cells`, and yield them."""
    places = range(len(spool.header))
    empty = " AND ".join(f"coalesce({cleaned(f'c{place}')}, '') = ''" for place in places)
    found = [
        LeftOut(number, Kind.EMPTY, "") for (number,) in db.execute(f"SELECT n FROM cells WHERE {empty}").fetchall()
    ]
    named = next(place for place in places if spool.header[place])
    like = "SELECT * FROM cells WHERE " + f"{cleaned(f'c{named}')} = ?"
    for number, *row in db.execute(like, [spool.header[named]]).fetchall():
        if all(as_seen(clean(cell) or name) == as_seen(name) for cell, name in zip(row, spool.header, strict=True)):
            found.append(LeftOut(number, Kind.HEADER, spool.header[named]))
    _delete(db, found)
    last = db.execute("SELECT * FROM cells ORDER BY n DESC LIMIT ?", [_LAST + 1]).fetchall()
    ends = list(_totals(last[:_LAST]))
    ends = ends if len(ends) < len(last) else []  # if all records look like totals, none is
    _delete(db, ends)
    yield from sorted([*found, *ends], key=lambda item: item.record)


def _totals(last: list[tuple[object, ...]]) -> Iterator[LeftOut]:
    """Yield trailing records that have few cells, with the words of a report."""
    for number, *row in last:
        filled = [text for cell in row if (text := clean(str(cell) if cell is not None else None))]
        lone = len(filled) == 1 and len(row) > 2 and " " in filled[0]
        if not (lone or (2 * len(filled) <= len(row) and _TOTAL.match(filled[0]))):
            return
        yield LeftOut(int(str(number)), Kind.TOTAL, filled[0])


def _delete(db: duckdb.DuckDBPyConnection, found: list[LeftOut]) -> None:
    if found:
        db.execute("DELETE FROM cells WHERE n IN (SELECT unnest(?))", [[item.record for item in found]])
