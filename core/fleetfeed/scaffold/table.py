"""An export as columns of different cells, each with how often it occurs. All records are counted."""

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
from fleetfeed.scaffold.dialect import Dialect, sniff
from fleetfeed.scaffold.leftover import LeftOut, leave_out
from fleetfeed.text.parse import cells, clean

if TYPE_CHECKING:
    import duckdb

_BATCH = 5_000
Row = tuple[str | None, ...]
FEW = 20  # different cells: as many as a status or a kind may have


@dataclass(frozen=True)
class Table:
    """Hold the columns of one export."""

    dialect: Dialect
    spool: Spool
    records: int  # those that could be read, but for those left out
    db: duckdb.DuckDBPyConnection
    left_out: tuple[LeftOut, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """Names of its columns, as the file spells them, or as `headers` does."""
        return self.spool.header

    @property
    def unreadable(self) -> int:
        """How many records could not be read."""
        return self.spool.records - self.records - len(self.left_out)

    @property
    def unnamed(self) -> frozenset[int]:
        """Places of the columns that the header gives no name."""
        named = cells(self.spool.header_text, self.dialect.delimiter)
        return frozenset(n for n, _ in enumerate(self.header) if n >= len(named) or not named[n].strip())

    @property
    def shape(self) -> str:
        """Say how many names the header has, and fields the first record."""
        with mapped(self.spool.path) as text:
            head = self.spool.head
            span = next(walk(text, head.end, head.line + head.lines, self.spool.delimiter.encode()))
            fields = len(cells(text[span.start : min(span.end, span.start + LONGEST)], self.spool.delimiter))
        return f"its header has {len(self.header)} names, the first record {fields} field{'s' * (fields != 1)}"

    def finds_header(self, layout: Layout) -> bool:
        """Tell whether a feed that is laid out so finds the same header."""
        with mapped(self.spool.path) as text, suppress(ExportRefused):
            return find_header(text, layout).span == self.spool.head
        return False

    def before_header(self) -> str:
        """Give the lines before the header, as they are."""
        with mapped(self.spool.path) as text:
            return text[: self.spool.head.start].decode("utf-8", "replace")

    def counts_up(self, place: int) -> bool:
        """Tell whether a column only numbers the records, from 0 or 1, as the index of a data frame does."""
        number, place_of = f"try_cast({cleaned(f'c{place}')} AS BIGINT)", "row_number() OVER (ORDER BY n)"
        steps = f"SELECT {number} - {place_of} AS up, {number} + {place_of} AS down"
        low, high, least, most = self.db.execute(
            f"SELECT min(up), max(up), min(down), max(down) FROM ({steps} FROM cells) HAVING count(up) = count(*)"
        ).fetchone() or (None, 0, None, 0)
        rises, falls = low == high and low in (-1, 0), least == most and least in (self.records, self.records + 1)
        return self.records > 1 and (rises or falls)

    def counts(self, place: int) -> Iterator[tuple[str, int]]:
        """Yield the different cells of a column that are not empty, the most frequent first, and how often each is."""
        different = f"SELECT c{place} AS cell, count(*) AS many FROM cells GROUP BY 1"
        trimmed = f"SELECT {cleaned('cell')} AS cell, sum(many)::BIGINT FROM ({different}) GROUP BY 1"
        yield from self._stream(f"FROM ({trimmed}) WHERE cell <> '' ORDER BY 2 DESC, 1")

    def rows(self) -> Iterator[Row]:
        """Yield the records in their order."""
        for row in self._stream("SELECT * EXCLUDE n FROM cells ORDER BY n"):
            yield tuple(map(clean, row))

    def versions(self, key: int, place: int) -> int:
        """Count the keys whose records differ in a column."""
        differ = f"GROUP BY {cleaned(f'c{key}')} HAVING count(DISTINCT c{place}) > 1"
        return int(self._one(f"SELECT count(*) FROM (SELECT 1 FROM cells {differ})"))

    def versions_of_one(self, key: int) -> Iterator[tuple[int, Row]]:
        """Yield all records of one key that has several, but not too many, each with its number."""
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
    """Read a file; without a layout it is found out. Raises UsageError for what is no readable export."""
    import duckdb

    _check(path)
    with scratch() as folder:
        link = folder / "export.csv"
        link.symlink_to(path.absolute())  # what is made of it lies beside it
        try:
            how = layout or sniff(link).layout
            spool = _prepared(link, how)
            _check_header(spool)
            with duckdb.connect(str(folder / "cells.duckdb"), config={"memory_limit": "400MB", "threads": 2}) as db:
                db.execute(_cells(spool))
                left_out = tuple(leave_out(db, spool))
                (records,) = db.execute("SELECT count(*) FROM cells").fetchone() or (0,)
                yield Table(Dialect(how.delimiter, how.encoding, how.skip), spool, records, db, left_out)
        except ExportRefused as error:
            raise unusable(path, error.why, error.advice) from error
        except duckdb.Error as error:
            raise unusable(path, f"it cannot be read as CSV ({str(error).splitlines()[0]})") from error
        except OSError as error:
            raise unusable(path, f"it cannot be read ({error.strerror})") from error


def _prepared(link: Path, how: Layout) -> Spool:
    """Read a file as its feed does; where that finds no key, as far as it can be read without one."""
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
    """Say why nothing can be made of a file."""
    return UsageError(
        f"{path} cannot be used: {why}.", next_step=advice or "Name an export of tickets: a CSV file with a header."
    )


def _check(path: Path) -> None:
    if not path.is_file():
        raise unusable(path, "it is no file" if os.path.lexists(path) else "it is not there")


def _check_header(spool: Spool) -> None:
    text = spool.header_text.decode()
    if len(spool.header) < 2:
        raise ExportRefused(
            "its first line is one column only, parted by none of `,` `;` `|` and tabs",
            "A file with another sign needs a feed written by hand, with `delimiter`.",
        )
    if any(char < " " and char not in "\t\n" for char in text):
        raise ExportRefused("its first line is no header: it holds what is no text")


def _cells(spool: Spool) -> str:
    # Trimmed is what is different, not every cell: that would cost ten times as much as all the rest.
    names = ", ".join(f"c{place}" for place, _ in enumerate(spool.header))
    source = read_csv(spool, "ignore_errors = true")
    return f"CREATE TABLE cells AS SELECT row_number() OVER () AS n, {names} FROM {source}"
