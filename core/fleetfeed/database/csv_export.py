"""A feed's table as CSV for spreadsheets: no cell can be read as a formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import TableColumn, columns, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.text import spreadsheet

if TYPE_CHECKING:
    from fleetfeed.database import Database

# `raw` repeats the other columns, latitude and longitude stand for `geom`, and the others are internal.
_LEFT_OUT = frozenset({"raw", "geom", "geog", "source_digest", "location_key", "run_id"})
_FORMULA = f"'{spreadsheet.FORMULA}'"


def lines(db: Database, feed: Feed, source: str = "") -> Iterator[bytes]:
    """Yield the header, then tickets by ticket_id, as lines of RFC 4180 in UTF-8; streamed from the server.

    `source`: SQL of rows of the table's shape, instead of the table.
    """
    listed = ", ".join(_cell(column) for column in columns(feed, db.postgis) if column.name not in _LEFT_OUT)
    query = f"SELECT {listed} FROM {source or table(feed)} AS t ORDER BY t.ticket_id"
    with db.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')") as copy:
        for row in copy:  # libpq returns whole rows that end with \n
            yield bytes(row)[:-1] + b"\r\n"


def _cell(column: TableColumn) -> str:
    """Select a column, with a quote before texts that begin like a formula; numbers and times never do."""
    name = quoted(column.name)
    if column.type != "text":
        return f"t.{name}"
    return f"CASE WHEN t.{name} ~ {_FORMULA} THEN '''' || t.{name} ELSE t.{name} END AS {name}"
