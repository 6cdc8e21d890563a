"""A feed's table as CSV for spreadsheets: no cell can be read as a formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import TableColumn, columns, quoted, table
from fleetfeed.feed import Feed

if TYPE_CHECKING:
    from fleetfeed.database import Database

# `raw` repeats the other columns, latitude and longitude stand for `geom`, and the others are internal.
_LEFT_OUT = frozenset({"raw", "geom", "geog", "source_digest", "location_key", "run_id"})
# How a formula begins (OWASP, «CSV Injection»); some spreadsheets accept the full-width forms. Invisible characters may
# come before: controls, and the format and blank characters of Unicode.
_INVISIBLE = (
    r"\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F"
    r"\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB\U000E0000-\U000E0FFF"
)
_FORMULA = rf"'^[{_INVISIBLE}]*[-=+@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]'"


def lines(db: Database, feed: Feed) -> Iterator[bytes]:
    """Yield the header, then tickets by ticket_id, as lines of RFC 4180 in UTF-8; streamed from the server."""
    listed = ", ".join(_cell(column) for column in columns(feed, db.postgis) if column.name not in _LEFT_OUT)
    query = f"SELECT {listed} FROM {table(feed)} AS t ORDER BY t.ticket_id"
    with db.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')") as copy:
        for row in copy:  # libpq returns whole rows that end with \n
            yield bytes(row)[:-1] + b"\r\n"


def _cell(column: TableColumn) -> str:
    """Select a column, with a quote before texts that begin like a formula; numbers and times never do."""
    name = quoted(column.name)
    if column.type != "text":
        return f"t.{name}"
    return f"CASE WHEN t.{name} ~ {_FORMULA} THEN '''' || t.{name} ELSE t.{name} END AS {name}"
