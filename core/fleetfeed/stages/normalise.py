"""normalise: turn one kept row into one ticket.

`reader/compiled.py` does the same in SQL, for large loads of feeds that allow it; tests compare the two.
"""

from __future__ import annotations

from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import LONGEST_KEY, Row, RowRejected, Ticket
from fleetfeed.text.parse import clean, is_e_notation, location_key

EMPTY_KEY = "empty key"
E_NOTATION = "key in E-notation"
LONG_KEY = "key too long"
NO_TICKET = "no status and no times"


@hookimpl(trylast=True)
def feed_normalise(feed: Feed, row: Row) -> Ticket:
    """Clean every cell, apply folds and formats, leave out empty and ignored cells."""
    ignored, nulls, spellings = feed.ignored, feed.nulls, feed.spellings
    raw: dict[str, str] = {}
    for name, cell in row.values.items():
        if cell is not None and name not in ignored and (text := clean(cell)) is not None and text not in nulls:
            if name in spellings and not (text := spellings[name](text)):
                continue
            raw[name] = text
    key = raw.get(feed.key)
    if key is None:
        raise RowRejected(EMPTY_KEY, f"{feed.key} is empty")
    if is_e_notation(key):
        raise RowRejected(E_NOTATION, f"{feed.key} is {key}: a spreadsheet has lost its digits")
    if len(key) > LONGEST_KEY:
        raise RowRejected(LONG_KEY, f"{feed.key} has {len(key):,} characters; {LONGEST_KEY} at most can be indexed")
    if feed.roles.status not in raw and _lacks_status_and_times(feed, row, raw):
        raise RowRejected(NO_TICKET, "a total, or the end of a report: neither status nor any time is there")
    return Ticket(key, raw, row, location_key(raw.get(feed.roles.location or "")))


def _lacks_status_and_times(feed: Feed, row: Row, raw: dict[str, str]) -> bool:
    """Return whether a record has a key but no status and no times, though the export has these columns."""
    roles = feed.roles
    ends = (roles.closed,) if roles.closed else ()
    if any(name in raw for name in (*ends, *roles.created)):
        return False
    begins = any(name in row.values for name in roles.created)
    return begins and all(name in row.values for name in (roles.status, *ends))
