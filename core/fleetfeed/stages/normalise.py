"""normalise: one kept row becomes one ticket, by the feed's column map."""

from __future__ import annotations

from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Row, RowRejected, Ticket
from fleetfeed.parse import clean, is_e_notation, location_key

EMPTY_KEY = "empty key"
E_NOTATION = "key in E-notation"
LONG_KEY = "key too long"
LONGEST_KEY = 500  # characters: of four bytes each they still fit an index entry


@hookimpl(trylast=True)
def feed_normalise(feed: Feed, row: Row) -> Ticket:
    """Clean every cell, spell anew those that say so, leave out what is empty or ignored."""
    ignored, nulls, spellings = feed.ignored, feed.nulls, feed.spellings
    raw: dict[str, str] = {}
    for name, cell in row.values.items():
        if cell is not None and name not in ignored and (text := clean(cell)) is not None and text not in nulls:
            raw[name] = spellings[name](text) if name in spellings else text
    key = raw.get(feed.key)
    if key is None:
        raise RowRejected(EMPTY_KEY, f"{feed.key} is empty")
    if is_e_notation(key):
        raise RowRejected(E_NOTATION, f"{feed.key} is {key}: a spreadsheet has lost its digits")
    if len(key) > LONGEST_KEY:
        raise RowRejected(LONG_KEY, f"{feed.key} has {len(key):,} characters; {LONGEST_KEY} at most can be indexed")
    return Ticket(key, raw, row, location_key(raw.get(feed.roles.location or "")))
