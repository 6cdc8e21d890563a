"""filter: drop rows that are no tickets, and those that the feed declares to drop.

`reader/compiled.py` does the same in SQL, for large loads of feeds that allow it; tests compare the two.
"""

from __future__ import annotations

import re

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.feed.callables import is_dropped
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import SENTINEL, Row
from fleetfeed.text.parse import as_seen, clean

EMPTY = "empty record"
HEADER = "repeated header"
_NUMBERED = re.compile(r"_\d+$")


@hookimpl(trylast=True)
def feed_filter(feed: Feed, row: Row) -> str | None:
    """Drop the exporter's sentinel, empty records, repeated headers, and rows that match `drops`."""
    if feed.sentinel:
        first = next(iter(row.values.values()))
        if (clean(first) or "").startswith(feed.sentinel):
            return SENTINEL
    if row.key is None and _is_empty(feed, row):
        return EMPTY
    if row.key is not None and _is_header(feed, row):
        return HEADER
    for drop in feed.drops:
        if is_dropped(feed, drop, row.values):
            return drop.reason
    return None


def _is_empty(feed: Feed, row: Row) -> bool:
    return all((text := clean(cell)) is None or text in feed.nulls for cell in row.values.values())


def _is_header(feed: Feed, row: Row) -> bool:
    """Return whether a record repeats the header, as exporters write that join pages."""
    if as_seen(row.key or "") not in feed.header_words:
        return False
    cells = {name: text for name, cell in row.values.items() if (text := clean(cell)) is not None}
    if all(_names(feed, name, text) for name, text in cells.items()):
        return True
    if len(cells) > 2 and all(any(_names(feed, name, text) for name in row.values) for text in cells.values()):
        raise ExportRefused(
            f"row {row.number:,} is a header with its columns in another order: what follows it would be read wrongly",
            "Let the exporter write one file for each order of columns.",
        )
    return False


def _names(feed: Feed, column: str, text: str) -> bool:
    """Return whether a header may spell a column like this. Repeated columns have a number in their name."""
    plain = _NUMBERED.sub("", column)
    spelt = feed.header_spellings.get(column, frozenset()) | feed.header_spellings.get(plain, frozenset())
    return as_seen(text) in spelt | {as_seen(column), as_seen(plain)}
