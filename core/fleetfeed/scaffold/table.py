"""An export as columns of different cells, each with how often it occurs. All records are counted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import ExportRefused, UsageError
from fleetfeed.header import Layout
from fleetfeed.parse import WHITE_SPACE, clean
from fleetfeed.reading import read_csv
from fleetfeed.scaffold.dialect import Dialect, sniff
from fleetfeed.scratch import scratch
from fleetfeed.spool import Spool, prepare

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
    records: int  # those that could be read
    db: duckdb.DuckDBPyConnection

    @property
    def header(self) -> tuple[str, ...]:
        """Names of its columns, as the file spells them, or as `headers` does."""
        return self.spool.header

    @property
    def unreadable(self) -> int:
        """How many records could not be read."""
        return self.spool.records - self.records

    def counts(self, place: int) -> Iterator[tuple[str, int]]:
        """Yield the different cells of a column that are not empty, the most frequent first, and how often each is."""
        different = f"SELECT c{place} AS cell, count(*) AS many FROM cells GROUP BY 1"
        trimmed = f"SELECT {_trimmed('cell')} AS cell, sum(many)::BIGINT FROM ({different}) GROUP BY 1"
        yield from self._stream(f"FROM ({trimmed}) WHERE cell <> '' ORDER BY 2 DESC, 1")

    def rows(self) -> Iterator[Row]:
        """Yield the records in their order."""
        for row in self._stream("SELECT * EXCLUDE n FROM cells ORDER BY n"):
            yield tuple(map(clean, row))

    def versions(self, key: int, place: int) -> int:
        """Count the keys whose records differ in a column."""
        differ = f"GROUP BY {_trimmed(f'c{key}')} HAVING count(DISTINCT c{place}) > 1"
        return int(self._one(f"SELECT count(*) FROM (SELECT 1 FROM cells {differ})"))

    def versions_of_one(self, key: int) -> Iterator[tuple[int, Row]]:
        """Yield all records of one key that has several, but not too many, each with its number."""
        named, having = _trimmed(f"c{key}"), "HAVING count(*) BETWEEN 2 AND 30 ORDER BY count(*) DESC, 1 LIMIT 1"
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
def tabulated(
    path: Path, dialect: Dialect | None = None, headers: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Table]:
    """Read a file; without a dialect it is found out. Raises UsageError for what is no readable export."""
    import duckdb

    _check(path)
    with scratch() as folder:
        link = folder / "export.csv"
        link.symlink_to(path.absolute())  # what is made of it lies beside it
        try:
            how = dialect or sniff(link)
            spool = prepare(link, Layout(how.delimiter, how.encoding, headers))
            _check_header(spool)
            with duckdb.connect(str(folder / "cells.duckdb"), config={"memory_limit": "400MB", "threads": 2}) as db:
                db.execute(_cells(spool))
                (records,) = db.execute("SELECT count(*) FROM cells").fetchone() or (0,)
                yield Table(how, spool, records, db)
        except ExportRefused as error:
            raise unusable(path, error.why) from error
        except duckdb.Error as error:
            raise unusable(path, f"it cannot be read as CSV ({str(error).splitlines()[0]})") from error
        except OSError as error:
            raise unusable(path, f"it cannot be read ({error.strerror})") from error


def unusable(path: Path, why: str) -> UsageError:
    """Say why nothing can be made of a file."""
    return UsageError(
        f"{path} cannot be used: {why}.", next_step="Name an export of tickets: a CSV file with a header."
    )


def _check(path: Path) -> None:
    if not path.is_file():
        raise unusable(path, "it is no file" if os.path.lexists(path) else "it is not there")


def _check_header(spool: Spool) -> None:
    text = spool.header_text.decode()
    if len(spool.header) < 2:
        raise ExportRefused("its first line is one column only, parted by none of `,` `;` `|` and tabs")
    if any(char < " " and char not in "\t\n" for char in text):
        raise ExportRefused("its first line is no header: it holds what is no text")


def _cells(spool: Spool) -> str:
    # Trimmed is what is different, not every cell: that would cost ten times as much as all the rest.
    names = ", ".join(f"c{place}" for place, _ in enumerate(spool.header))
    source = read_csv(spool, "ignore_errors = true")
    return f"CREATE TABLE cells AS SELECT row_number() OVER () AS n, {names} FROM {source}"


def _trimmed(cell: str) -> str:
    return f"trim({cell}, '{WHITE_SPACE}')"
