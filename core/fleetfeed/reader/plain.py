"""Read most exports in one pass: prove by counts of bytes that DuckDB read all of a file, without finding its records.

Why equal counts prove it. DuckDB, in its strict mode and without tolerance, makes each cell from bytes of its own and
each row from `columns` cells; whatever it skips (blank lines, blanks around quotes, a surplus delimiter) is in no cell.
So bytes can only be missing from the sum, never added, and no two errors offset each other. In the same way every line
end is in a cell or ends a row. Every quote encloses a cell, is half of an escaped one, or is a stray character of a
cell without quotes: the file has `2 * cells in quotes + 2 * quotes in cells - stray` of them. Instead of the cells in
quotes, we count `,"` and a quote after a line end. Inside cells, these are counted, too, so there may be too many, but
never too few: if the quotes add up all the same, none is stray. A file without stray quotes in which every byte has its
place can be read in only one way, the one of RFC 4180.

Where the counts differ, the file may still be good: `spool.prepare` and the scanner find out, record by record.
"""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fleetfeed.feed.layout import Layout
from fleetfeed.reader.header import LONGEST_HEADER, Header, sure_header
from fleetfeed.reader.lines import TALL
from fleetfeed.reader.scanner import LONGEST, Span, simple_records
from fleetfeed.reader.spool import Spool, check_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

_CHUNK, _SAMPLE = 1 << 20, 1 << 17  # bytes


class _Body(NamedTuple):
    """Counts of the bytes after the header."""

    size: int
    quotes: int
    line_feeds: int
    returns: int
    ended: bool  # whether the last line has its end


class _Cells(NamedTuple):
    """Sums over all cells that DuckDB read."""

    rows: int
    size: int
    quotes: int
    line_feeds: int
    returns: int
    longest: int  # bytes of the cells of one row


class Plain(NamedTuple):
    """A file that DuckDB may read as it is; whether it read all is known afterwards."""

    spool: Spool
    body: _Body
    line_end: int  # its bytes

    def whole(self, db: duckdb.DuckDBPyConnection) -> Spool | None:
        """Return the spool with its number of records if the table `export` holds all of them, else None."""
        (found,) = db.execute(
            "SELECT count(*), coalesce(sum(size), 0), coalesce(sum(quotes), 0), coalesce(sum(line_feeds), 0), "
            "coalesce(sum(returns), 0), coalesce(max(size), 0) FROM export"
        ).fetchall()
        cells = _Cells(*found)
        if not self._adds_up(cells):
            return None
        db.execute(TALL)
        return replace(self.spool, records=cells.rows)

    def _adds_up(self, cells: _Cells) -> bool:
        body, width, end = self.body, len(self.spool.header), self.line_end
        size = body.size + (0 if body.ended else end)
        lines = body.line_feeds + (not body.ended)
        separators = cells.rows * (width - 1 + end)
        return (
            size - body.quotes == cells.size - cells.quotes + separators
            and lines == cells.rows + cells.line_feeds
            and (end == 1 or cells.line_feeds == cells.returns == 0)  # else they would have to become LF
            and 2 * (cells.longest + width) < LONGEST
            and (not cells.quotes or body.quotes == 2 * self._openings() + 2 * cells.quotes)
        )

    def _openings(self) -> int:
        """Count the quotes after a delimiter or line end: no fewer than the cells in quotes."""
        delimiter, last, found = self.spool.delimiter.encode(), b"\n", 0
        for chunk in _chunks(self.spool.path, self.spool.head.end):
            piece = last + chunk
            found += piece.count(delimiter + b'"') + piece.count(b'\n"')
            last = piece[-1:]
        return found


def plain(path: Path, layout: Layout) -> Plain | None:
    """Return a file that DuckDB may read as it is; None if it has to be prepared, or cannot be read at all.

    It is UTF-8 without BOM and NUL, its first line is the header, and all its lines end in the same way.
    """
    if layout.skip or codecs.lookup(layout.encoding).name not in ("utf-8", "utf-8-sig") or not path.stat().st_size:
        return None
    check_csv(path)
    with path.open("rb") as file:
        line, start = file.readline(LONGEST_HEADER), file.read(_SAMPLE)
    header, crlf = sure_header(line, layout), line.endswith(b"\r\n")
    if header is None or len(header.names) < 2 or len(header.names) < len(header.cells):
        return None
    body = _body(path, len(line)) if _is_hopeful(start, header, layout, crlf) else None
    if body is None or body.returns != (body.line_feeds if crlf else 0):
        return None
    head = Span(0, len(line), 1, 1)
    spool = Spool(path, path, header.names, header.text, head, 0, 0, 0, (), 0, layout.delimiter, seamless=True)
    return Plain(spool, body, len(b"\r\n" if crlf else b"\n"))


def _is_hopeful(start: bytes, header: Header, layout: Layout, crlf: bool) -> bool:
    """Whether the bytes of most first records can add up; reading a file in vain costs as much as a walk."""
    text = start.replace(b"\r\n", b"\n") if crlf else start
    run, place = simple_records(len(header.names), layout.delimiter.encode(), tall=not crlf), 0
    while found := run.match(text, place):
        place = found.end()
    return 2 * place >= len(text)


def _body(path: Path, start: int) -> _Body | None:
    """Count what follows the header; None if there are NUL characters."""
    size = quotes = line_feeds = returns = 0
    last = b"\n"
    for chunk in _chunks(path, start):
        if b"\0" in chunk:
            return None
        size += len(chunk)
        quotes += chunk.count(b'"')
        line_feeds += chunk.count(b"\n")
        returns += chunk.count(b"\r") if b"\r" in chunk else 0
        last = chunk[-1:]
    return _Body(size, quotes, line_feeds, returns, last == b"\n")


def _chunks(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            yield chunk
