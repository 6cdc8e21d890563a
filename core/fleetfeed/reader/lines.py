"""Cut records out of a seamless spool by their lines, without parsing those between."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice, tee
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from fleetfeed.reader.spool import Spool

if TYPE_CHECKING:
    import duckdb

# Records of more than one line, and the line ends in all cells up to them.
TALL = """
CREATE OR REPLACE TABLE tall AS
SELECT n, sum(line_feeds) OVER (ORDER BY n) AS line_feeds FROM export WHERE line_feeds > 0
"""
_BATCH = 10_000
_BUFFER = 1 << 20  # bytes; with the usual 8 kB, passing over lines takes twice as long


class Piece(NamedTuple):
    """A record as it is in the file."""

    number: int  # of the row
    line: int  # from 1
    raw: bytes


def cut(db: duckdb.DuckDBPyConnection, spool: Spool, rows: str) -> Iterator[Piece]:
    """Yield the records whose number `n` is in a table, in file order. The spool has to be seamless."""
    found = db.cursor().execute(
        f"SELECT e.n, e.n + {spool.head.line:d} + coalesce(tall.line_feeds, 0), e.line_feeds + 1 "
        f"FROM export AS e ASOF LEFT JOIN tall ON e.n > tall.n WHERE e.n IN (SELECT n FROM {rows}) ORDER BY e.n"
    )
    places, also = tee(_rows(found))
    with spool.path.open("rb", _BUFFER) as file:
        pieces = cut_lines(file, ((line, lines) for _, line, lines in also))
        for (number, line, _), raw in zip(places, pieces, strict=True):
            yield Piece(number, line, raw)


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, int, int]]:
    while batch := found.fetchmany(_BATCH):
        yield from batch


def cut_lines(file: BinaryIO, places: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield pieces of a file, in order; a place is the number of its first line, from 1, and how many lines it has."""
    line = 1
    for first, lines in places:
        deque(islice(file, first - line), maxlen=0)  # passes over the lines between
        yield b"".join(islice(file, lines))
        line = first + lines
