"""Compare an export with the feed's table: new and changed rows, and tickets that are no longer listed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.feed import Feed
from fleetfeed.model import LONGEST_KEY, Row
from fleetfeed.reader import compiled
from fleetfeed.reader.duckdb_sql import KEPT, KNOWN_KEPT, KNOWN_READ, KNOWN_TABLE, cells_of, literal, read_csv
from fleetfeed.reader.lines import cut, cut_lines
from fleetfeed.reader.spool import Spool

if TYPE_CHECKING:
    import duckdb

_BLOCK = 1 << 20  # bytes
_KEYS = 2_000  # keys of one batch
_CHANGED = "n NOT IN (FROM losers) AND n NOT IN (SELECT n FROM same)"
_FEW = 4  # times the wanted rows are fewer than all: then only their lines are read again
_CELLS = 64_000  # cells of one batch of rows in Python


class Comparison:
    """An export beside the table of its feed; made by `Export.compare`."""

    def __init__(self, db: duckdb.DuckDBPyConnection, spool: Spool, known: Path | None) -> None:
        self._db, self._spool = db, spool
        db.execute(KNOWN_TABLE)
        if known is not None and known.stat().st_size:
            db.execute(KNOWN_KEPT if known.suffix == KEPT else KNOWN_READ, [str(known)])
        db.execute(
            "CREATE TABLE same AS SELECT e.n, e.k FROM export e JOIN known ON k = ticket_id AND d = digest "
            "WHERE e.n NOT IN (FROM losers)"
        )

    def unchanged(self) -> int:
        """Count the rows that are in the table already."""
        return self._count("same")

    def count_changed(self) -> int:
        """Count the rows that `changed` yields."""
        return self._count(f"export WHERE {_CHANGED}")

    def changed(self) -> Iterator[Row]:
        """Yield the winning rows that differ from the database, in file order."""
        yield from self._stream(_CHANGED)

    def holds_separator(self) -> bool:
        """Whether a cell may hold the character that `compiled` puts between cells."""
        byte = compiled.SEPARATOR.encode()
        with self._spool.readable.open("rb") as file:
            return any(byte in block for block in iter(lambda: file.read(_BLOCK), b""))

    def written_as_sql(self, feed: Feed, total: int | None) -> Iterator[tuple[int, int, int, str | None]]:
        """Yield what `compiled.select` answers for each row that `changed` yields."""
        cursor = self._db.cursor()
        cursor.execute(compiled.select(feed, self._spool.header, total, self._wanted(_CHANGED)))
        while batch := cursor.fetchmany(_KEYS):
            yield from batch

    def rows(self, numbers: Collection[int]) -> Iterator[Row]:
        """Yield rows by their numbers, in file order."""
        self._db.execute("CREATE OR REPLACE TABLE numbered AS SELECT unnest(?::BIGINT[]) AS n", [sorted(numbers)])
        yield from self._stream("n IN (FROM numbered)")

    def unchanged_of(self, keys: Collection[str]) -> Iterator[Row]:
        """Yield unchanged rows whose key collides with that of another row after normalising; they count as changed."""
        self._db.execute("CREATE OR REPLACE TABLE met AS SELECT unnest(?) AS k", [sorted(keys)])
        self._db.execute("CREATE OR REPLACE TABLE again AS SELECT n FROM same WHERE k IN (SELECT k FROM met)")
        self._db.execute("DELETE FROM same WHERE n IN (FROM again)")
        yield from self._stream("n IN (FROM again)")

    def open(self) -> int:
        """Count the open tickets that the table has as listed."""
        return self._count("known WHERE open AND NOT absent")

    def vanished(self, dropped: Collection[str], seen: Collection[str]) -> list[str]:
        """Find the open tickets that the export does not list, or lists only as `dropped`.

        `seen`: keys that it has, although not as keys of readable rows.
        """
        self._db.execute("CREATE OR REPLACE TABLE listed AS SELECT k FROM export WHERE k IS NOT NULL")
        self._db.execute("DELETE FROM listed WHERE k IN (SELECT unnest(?))", [sorted(dropped)])
        self._db.execute("INSERT INTO listed SELECT unnest(?)", [sorted(seen)])
        return list(self._keys("open AND NOT absent AND ticket_id NOT IN (FROM listed)"))

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets whose row is back, unchanged."""
        yield from self._keys("absent AND ticket_id IN (SELECT k FROM same)")

    def arrived(self) -> dict[int, tuple[str, str]]:
        """Return the key and digest of the changed rows of tickets without a known digest, by row number."""
        sql = "(SELECT ticket_id FROM known WHERE digest IS NOT NULL)"
        rows = f"SELECT n, k, d::TEXT FROM export WHERE {_CHANGED} AND k IS NOT NULL AND k NOT IN {sql}"
        return {number: (key, digest) for number, key, digest in self._db.execute(rows).fetchall()}

    def keep(self, path: Path, dropped: Collection[str], seen: Collection[str], rejected: Collection[int]) -> list[str]:
        """Write what the export lists as `known` of the next one, and return what `vanished` does.

        `path` ends in KEPT. `rejected`: numbers of rows that could not be normalised; they have no digest.
        """
        departed = self.vanished(dropped, seen)
        self._db.execute("CREATE OR REPLACE TABLE refused AS SELECT unnest(?::BIGINT[]) AS n", [sorted(rejected)])
        self._db.execute(
            "COPY (SELECT listed.k, d, true, false FROM (SELECT DISTINCT k FROM listed "
            f"WHERE length(k) <= {LONGEST_KEY:d}) AS listed LEFT JOIN ("
            "SELECT k, d FROM export WHERE n NOT IN (FROM losers) AND n NOT IN (FROM refused)) AS kept USING (k)) "
            f"TO {literal(str(path))} (FORMAT parquet, COMPRESSION uncompressed)"
        )
        return departed

    def _stream(self, where: str) -> Iterator[Row]:
        names = self._spool.header
        cursor = self._db.cursor()
        cursor.execute(f"SELECT n, k, d::TEXT, {cells_of(names)} FROM ({self._wanted(where)})")
        while batch := cursor.fetchmany(max(1, _CELLS // len(names))):
            for number, key, digest, *cells in batch:
                yield Row(number, key, digest, dict(zip(names, cells, strict=True)))

    def _wanted(self, where: str) -> str:
        """Return SQL that reads some rows again; keeping all cells would cost far more."""
        few = self._spool.seamless and _FEW * self._count(f"export WHERE {where}") < self._spool.records
        rows = f"SELECT n, k, d, stops, {where} AS is_wanted FROM export{f' WHERE {where}' if few else ''} ORDER BY n"
        self._db.execute(f"CREATE OR REPLACE TABLE wanted AS {rows}")
        # By position: a join by number would hold all cells of a large file until its hash tables are made.
        cells = read_csv(self._cut() if few else self._spool, "ignore_errors = true")
        return f"SELECT * FROM {cells} POSITIONAL JOIN wanted WHERE is_wanted"

    def _cut(self) -> Spool:
        """Write the wanted records to a file of their own."""
        path = self._spool.path.with_suffix(".wanted")
        with self._spool.path.open("rb") as whole, path.open("wb") as file:
            # Below the header: U+FEFF at the beginning of a file would be read as a BOM.
            file.writelines(cut_lines(whole, [(1, self._spool.skip)]))
            file.writelines(piece.raw for piece in cut(self._db, self._spool, "wanted"))
        return replace(self._spool, readable=path)

    def _keys(self, where: str) -> Iterator[str]:
        cursor = self._db.cursor()
        cursor.execute(f"SELECT ticket_id FROM known WHERE {where} ORDER BY 1")
        while batch := cursor.fetchmany(_KEYS):
            yield from (key for (key,) in batch)

    def _count(self, rows: str) -> int:
        found: Any = self._db.execute(f"SELECT count(*) FROM {rows}").fetchone()
        return int(found[0])
