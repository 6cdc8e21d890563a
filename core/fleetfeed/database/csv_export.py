"""A feed's table as CSV that a spreadsheet may open: no cell of it is taken for a formula."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import TableColumn, columns, quoted, table
from fleetfeed.feed import Feed

if TYPE_CHECKING:
    from fleetfeed.database import Database

# `raw` is the same once more, the place is told in degrees, and the others are nobody's business but fleetfeed's.
_LEFT_OUT = frozenset({"raw", "geom", "geog", "source_digest", "location_key", "run_id"})
# How a formula begins, as OWASP's «CSV Injection» has it: some spreadsheets take the wide forms for the narrow ones.
# Before it there may be what nobody sees: controls, and the characters that Unicode calls formats or leaves blank.
_UNSEEN = (
    r"\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F"
    r"\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB\U000E0000-\U000E0FFF"
)
_FORMULA = rf"'^[{_UNSEEN}]*[-=+@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]'"


def lines(db: Database, feed: Feed) -> Iterator[bytes]:
    """Yield the header and each ticket as a line of RFC 4180, in UTF-8, by ticket_id; the server sends as we read."""
    listed = ", ".join(map(_cell, _shown(db, feed)))
    query = f"SELECT {listed} FROM {table(feed)} AS t ORDER BY t.ticket_id"
    with db.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')") as copy:
        for row in copy:  # libpq gives whole rows, each with the line end of Unix
            yield bytes(row)[:-1] + b"\r\n"


def _shown(db: Database, feed: Feed) -> list[TableColumn]:
    return [column for column in columns(feed, db.postgis) if column.name not in _LEFT_OUT]


def _cell(column: TableColumn) -> str:
    """Put a quote before a text that begins like a formula; what is a number or a time is none."""
    name = quoted(column.name)
    if column.type != "text":
        return f"t.{name}"
    return f"CASE WHEN t.{name} ~ {_FORMULA} THEN '''' || t.{name} ELSE t.{name} END AS {name}"
