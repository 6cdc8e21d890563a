"""Implausible records: times in the future, and a total at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fleetfeed.feed import Moment
from fleetfeed.model import ALLOWANCE
from fleetfeed.text.escape import counted

if TYPE_CHECKING:
    import duckdb

_EXAMPLES = 3
_TOTAL = r"\b(sub)?totals?\b|\b(sum|count|average|(gesamt|zwischen)?summe|gesamt|anzahl|totaux|somme)\b"


def total_at_end(db: duckdb.DuckDBPyConnection) -> int | None:
    """Return the number of the last row if its key, and no other, contains a word for a total."""
    last, found = "n = (SELECT max(n) FROM export)", f"regexp_matches(k, '{_TOTAL}', 'i')"
    row = db.execute(f"SELECT max(n), bool_and({last}) FROM export WHERE {found}").fetchone()
    return int(row[0]) if row and row[1] else None


def ignore_future_times(db: duckdb.DuckDBPyConnection, winners: Sequence[Moment], now: datetime) -> Iterator[str]:
    """Ignore winner times in the future, and yield a message about them.

    A record without a time loses against one with a time, so a typing error cannot keep an old record for ever.
    """
    for place, moment in enumerate(winners):
        limit = [local(now + ALLOWANCE, moment)]
        few = db.execute(f"SELECT k, w{place}, count(*) OVER () FROM export WHERE w{place} > ? ORDER BY n", limit)
        if found := few.fetchmany(_EXAMPLES):
            many = found[0][2]
            listed = ", ".join(f"{time} of ticket {key}" for key, time, _ in found) + " …" * (many > len(found))
            values = f"{counted(many, 'value')} of {moment.name!r} in the future"
            yield f"{values}, ignored in choosing the latest record of a ticket: {listed}"
            db.execute(f"UPDATE export SET w{place} = NULL WHERE w{place} > ?", limit)


def local(time: datetime, moment: Moment) -> datetime:
    """Convert a time to the form of a column in the reader: without a zone, local to the column or in UTC."""
    return time.astimezone(UTC if moment.has_offset else ZoneInfo(moment.zone_name)).replace(tzinfo=None)
