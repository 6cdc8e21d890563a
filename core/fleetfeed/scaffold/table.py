"""An export as a table in DuckDB, with the distinct cells of each column."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import ExportRefused, UsageError
from fleetfeed.feed.layout import Layout
from fleetfeed.reader.duckdb_sql import cleaned, read_csv
from fleetfeed.reader.header import find_header
from fleetfeed.reader.scanner import LONGEST, mapped, walk
from fleetfeed.reader.spool import Spool, prepare
from fleetfeed.runtime.scratch import scratch
from fleetfeed.scaffold.dialect import sniff
from fleetfeed.scaffold.leftover import LeftOut, leave_out
from fleetfeed.text.parse import cells, clean

if TYPE_CHECKING:
    import duckdb

_BATCH = 5_000
Row = tuple[str | None, ...]
FEW = 20  # most distinct cells of a column that is treated as an enumeration


@dataclass(frozen=True)
class Table:
    """The columns of one export."""

    dialect: Layout
    spool: Spool
    records: int  # readable ones, without `left_out`
    db: duckdb.DuckDBPyConnection
    left_out: tuple[LeftOut, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """Column names as the file spells them, or as `headers` maps them."""
        return self.spool.header

    @property
    def unreadable(self) -> int:
        """Number of records that could not be read."""
        return self.spool.records - self.records - len(self.left_out)

    @property
    def unnamed(self) -> frozenset[int]:
        """Positions of the columns without a name."""
        named = cells(self.spool.header_text, self.dialect.delimiter)
        return frozenset(n for n, _ in enumerate(self.header) if n >= len(named) or not named[n].strip())

    @property
    def shape(self) -> str:
        """Describe how many names the header has, and how many fields the first record."""
        with mapped(self.spool.path) as text:
            head = self.spool.head
            span = next(walk(text, head.end, head.line + head.lines, self.spool.delimiter.encode()))
            fields = len(cells(text[span.start : min(span.end, span.start + LONGEST)], self.spool.delimiter))
        return f"its header has {len(self.header)} names, the first record {fields} field{'s' * (fields != 1)}"

    def finds_header(self, layout: Layout) -> bool:
        """Whether a feed with this layout finds the same header."""
        with mapped(self.spool.path) as text, suppress(ExportRefused):
            return find_header(text, layout).span == self.spool.head
        return False

    def before_header(self) -> str:
        """Return the lines before the header."""
        with mapped(self.spool.path) as text:
            return text[: self.spool.head.start].decode("utf-8", "replace")

    def counts_up(self, place: int) -> bool:
        """Whether a column only numbers the records from 0 or 1, up or down, like the index of a data frame."""
        number, place_of = f"try_cast({cleaned(f'c{place}')} AS BIGINT)", "row_number() OVER (ORDER BY n)"
        steps = f"SELECT {number} - {place_of} AS up, {number} + {place_of} AS down"
        low, high, least, most = self.db.execute(
            f"SELECT min(up), max(up), min(down), max(down) FROM ({steps} FROM cells) HAVING count(up) = count(*)"
        ).fetchone() or (None, 0, None, 0)
        rises, falls = low == high and low in (-1, 0), least == most and least in (self.records, self.records + 1)
        return self.records > 1 and (rises or falls)

    def counts(self, place: int) -> Iterator[tuple[str, int]]:
        """Yield the distinct non-empty cells of a column with their counts, the most frequent first."""
        different = f"SELECT c{place} AS cell, count(*) AS many FROM cells GROUP BY 1"
        trimmed = f"SELECT {cleaned('cell')} AS cell, sum(many)::BIGINT FROM ({different}) GROUP BY 1"
        yield from self._stream(f"FROM ({trimmed}) WHERE cell <> '' ORDER BY 2 DESC, 1")

    def rows(self) -> Iterator[Row]:
        """Yield the records in file order."""
        for row in self._stream("SELECT * EXCLUDE n FROM cells ORDER BY n"):
            yield tuple(map(clean, row))

    def versions(self, key: int, place: int) -> int:
        """Count the keys whose records differ in a column."""
        differ = f"GROUP BY {cleaned(f'c{key}')} HAVING count(DISTINCT c{place}) > 1"
        return int(self._one(f"SELECT count(*) FROM (SELECT 1 FROM cells {differ})"))

    def versions_of_one(self, key: int) -> Iterator[tuple[int, Row]]:
        """Yield the numbered records of one key that has 2 to 30 of them."""
        named, having = cleaned(f"c{key}"), "HAVING count(*) BETWEEN 2 AND 30 ORDER BY count(*) DESC, 1 LIMIT 1"
        one = f"SELECT {named} AS k FROM cells WHERE k <> '' GROUP BY 1 {having}"
        for number, *row in self._stream(f"SELECT n, * EXCLUDE n FROM cells WHERE {named} = ({one}) ORDER BY n"):
            yield number, tuple(map(clean, row))

    def _stream(self, sql: str) -> Iterator[Any]:
        cursor = self.db.cursor()
        cursor.execute(sql)
        while batch := cursor.fetchmany(_BATCH):
            yield from batch

    def _one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        row = self.db.execute(sql, values).fetchone()
        return row[0] if row else None


@contextmanager
def tabulated(path: Path, layout: Layout | None = None) -> Iterator[Table]:
    """Read a file; without a layout it is detected. Raises UsageError if it is not a readable export."""
    import duckdb

    _check(path)
    with scratch() as folder:
        link = folder / "export.csv"
        link.symlink_to(path.absolute())  # the reader writes its files beside it
        try:
            how = layout or sniff(link)
            spool = _prepared(link, how)
            _check_header(spool)
            with duckdb.connect(str(folder / "cells.duckdb"), config={"memory_limit": "400MB", "threads": 2}) as db:
                db.execute(_cells(spool))
                left_out = tuple(leave_out(db, spool))
                (records,) = db.execute("SELECT count(*) FROM cells").fetchone() or (0,)
                yield Table(how, spool, records, db, left_out)
        except ExportRefused as error:
            raise unusable(path, error.why, error.advice) from error
        except duckdb.Error as error:
            raise unusable(path, f"it cannot be read as CSV ({str(error).splitlines()[0]})") from error
        except OSError as error:
            raise unusable(path, f"it cannot be read ({error.strerror})") from error


def _prepared(link: Path, how: Layout) -> Spool:
    """Read a file with its feed's layout; if the key is not found, without one."""
    try:
        return prepare(link, how)
    except ExportRefused:
        try:
            spool = prepare(link, replace(how, key=None))
        except ExportRefused:
            spool = None
        if spool is None or how.key is None or len(spool.header) < 2:
            raise
        return spool


def unusable(path: Path, why: str, advice: str = "") -> UsageError:
    """Return the error for a file that cannot be used."""
    return UsageError(
        f"{path} cannot be used: {why}.", next_step=advice or "Name an export of tickets: a CSV file with a header."
    )


def _check(path: Path) -> None:
    if not path.is_file():
        raise unusable(path, "it is not a file" if os.path.lexists(path) else "it does not exist")


def _check_header(spool: Spool) -> None:
    text = spool.header_text.decode()
    if len(spool.header) < 2:
        raise ExportRefused(
            "its first line is one column only: none of `,` `;` `|` and tab occurs",
            "For a file with another delimiter, write a feed by hand, with `delimiter`.",
        )
    if any(char < " " and char not in "\t\n" for char in text):
        raise ExportRefused("its first line is no header: it contains control characters")


def _cells(spool: Spool) -> str:
    # Trim the distinct cells only (see counts): trimming each cell would take ten times as long as the rest.
    names = ", ".join(f"c{place}" for place, _ in enumerate(spool.header))
    source = read_csv(spool, "ignore_errors = true")
    return f"CREATE TABLE cells AS SELECT row_number() OVER () AS n, {names} FROM {source}"
