"""A spooled export → its new and changed rows. DuckDB reads it in one pass, picks winners and compares digests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed import evidence
from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.model import Reject, Row
from fleetfeed.parse import WHITE_SPACE, first_cell
from fleetfeed.spool import Spool, prepare

if TYPE_CHECKING:
    import duckdb

_BATCH = 2_000
_LONGEST_RECORD = 4 << 20  # bytes
# As tickets.local_ts() reads it: a year beyond its range must not win, nor make every later export look older.
_TIME = r"(19[789]|2[01]\d)\d-\d{2}-\d{2}[ T]([01]\d|2[0-3]):\d{2}(:[0-5]\d(\.\d{1,6})?)?"


class Export:
    """Read one export: what it holds, which rows are new or changed, which known tickets it no longer lists."""

    def __init__(self, feed: Feed, spool: Spool, db: duckdb.DuckDBPyConnection) -> None:
        self._feed, self._db, self.spool = feed, db, spool
        if feed.key not in spool.header:
            raise ExportRefused(_no_key(feed, spool))
        try:
            db.execute(_read_sql(feed, spool))
        except _duckdb_error() as error:
            raise ExportRefused(f"it cannot be read as CSV ({str(error).splitlines()[0]})") from error
        self.dropped: set[str] = set()  # keys of rows that the filter dropped
        self.seen: set[str] = set()  # keys that are there, though no row has them as they are
        self.unknown_columns = [name for name in spool.header if name not in feed.known]
        self.rows = self._one("SELECT count(*) FROM export")
        self._too_short_sentinels = 0
        self.rejects = self._rejects()
        self.seen |= {reject.key for reject in self.rejects if reject.key}
        self.read = self.rows + len(self.rejects) + self._too_short_sentinels
        latest = [f"w{place} DESC NULLS LAST" for place, _ in enumerate(feed.winner)]
        db.execute(_LOSERS.format(order=", ".join([*latest, "n DESC"])))
        self.superseded = self._one("SELECT count(*) FROM losers")

    @property
    def sentinels_too_short(self) -> int:
        """Sentinel records with fewer fields than the header: they never become rows."""
        return self._too_short_sentinels

    @property
    def truncated(self) -> bool:
        """Whether the exporter says that it hit its limit."""
        if not self._feed.sentinel:
            return False
        return bool(self._one("SELECT count(*) FROM export WHERE stops") or self._too_short_sentinels)

    @property
    def newest(self) -> datetime | None:
        """Latest winner time in the export, as written: without a zone."""
        latest: datetime | None = self._one("SELECT max(w0) FROM export") if self._feed.winner else None
        return latest

    def compare(self, known: Path | None) -> None:
        """Compare with what the database holds: a CSV of ticket_id, digest, and whether it is open, and absent.

        None compares with nothing: every row counts as changed.
        """
        self._db.execute(_KNOWN_TABLE)
        if known is not None and known.stat().st_size:
            self._db.execute(_KNOWN_READ, [str(known)])
        self._db.execute(
            "CREATE TABLE same AS SELECT e.n, e.k FROM export e JOIN known ON k = ticket_id AND d = digest "
            "WHERE e.n NOT IN (FROM losers)"
        )
        self.unchanged = self._one("SELECT count(*) FROM same")

    def changed(self) -> Iterator[Row]:
        """Yield the winning rows that the database does not hold as they are, in the order of the file."""
        yield from self._stream("n NOT IN (FROM losers) AND n NOT IN (SELECT n FROM same)")

    def unchanged_of(self, keys: set[str]) -> Iterator[Row]:
        """Yield rows that were held to be unchanged, of keys that another row met after normalising."""
        self._db.execute("CREATE OR REPLACE TABLE met AS SELECT unnest(?) AS k", [sorted(keys)])
        self._db.execute("CREATE OR REPLACE TABLE again AS SELECT n FROM same WHERE k IN (SELECT k FROM met)")
        self._db.execute("DELETE FROM same WHERE n IN (FROM again)")
        self.unchanged = self._one("SELECT count(*) FROM same")
        yield from self._stream("n IN (FROM again)")

    def vanished(self) -> Iterator[str]:
        """Yield the open tickets, held as present, that the export does not list, or lists only to be dropped."""
        self._db.execute("CREATE TABLE listed AS SELECT k FROM export WHERE k IS NOT NULL")
        self._db.execute("DELETE FROM listed WHERE k IN (SELECT unnest(?))", [sorted(self.dropped)])
        self._db.execute("INSERT INTO listed SELECT unnest(?)", [sorted(self.seen)])
        yield from self._keys("open AND NOT absent AND ticket_id NOT IN (FROM listed)")

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets whose row is there again, unchanged."""
        yield from self._keys("absent AND ticket_id IN (SELECT k FROM same)")

    def evidence(self, numbers: set[int]) -> dict[int, tuple[int, int, bytes]]:
        """Cut rows out of the file: row number → record, physical line, bytes."""
        bad = {reject.line for reject in self.rejects} | self._sentinel_lines
        return {n: (record, span.line, raw) for n, record, span, raw in evidence.spans_of(self.spool, numbers, bad)}

    def _rejects(self) -> list[Reject]:
        pointers: dict[int, list[str]] = {}
        for offset, error in self._db.execute(
            "SELECT line_byte_position - 1, error_type FROM reject_errors ORDER BY 1"
        ).fetchall():
            pointers.setdefault(offset, []).append(error)
        found = evidence.rejects(self.spool, pointers, self.rows, self._feed.key)
        sentinel = self._feed.sentinel
        stops = [r for r in found if sentinel and (first_cell(r.raw) or "").startswith(sentinel)]
        self._too_short_sentinels, self._sentinel_lines = len(stops), {reject.line for reject in stops}
        return [reject for reject in found if reject.line not in self._sentinel_lines]

    def _stream(self, where: str) -> Iterator[Row]:
        """Read the file a second time, for the cells of these rows only: keeping all of them costs far more."""
        names = self.spool.header
        cursor = self._db.cursor()
        cursor.execute(f"CREATE OR REPLACE TABLE wanted AS SELECT n, k, d FROM export WHERE {where}")
        cursor.execute(
            f"SELECT n, k, d::TEXT, {_cells(names)} FROM (SELECT row_number() OVER () AS n, * FROM "
            f"{_read_csv(self.spool, 'ignore_errors = true')}) JOIN wanted USING (n)"
        )
        while batch := cursor.fetchmany(_BATCH):
            for number, key, digest, *cells in batch:
                yield Row(number, key, digest, dict(zip(names, cells, strict=True)))

    def _keys(self, where: str) -> Iterator[str]:
        cursor = self._db.cursor()
        cursor.execute(f"SELECT ticket_id FROM known WHERE {where} ORDER BY 1")
        while batch := cursor.fetchmany(_BATCH):
            yield from (key for (key,) in batch)

    def _one(self, sql: str, values: Sequence[str] = ()) -> Any:
        row = self._db.execute(sql, values).fetchone()
        return row[0] if row else None


_LOSERS = """
CREATE TABLE losers AS
SELECT n FROM (
    SELECT n, row_number() OVER (PARTITION BY k ORDER BY {order}) AS place FROM export
    WHERE k IN (SELECT k FROM export WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1)
) WHERE place > 1
"""
_KNOWN_TABLE = "CREATE TABLE known (ticket_id VARCHAR, digest UUID, open BOOLEAN, absent BOOLEAN)"
_KNOWN_READ = """
INSERT INTO known SELECT * FROM read_csv(?, auto_detect = false, header = false, quote = '"', escape = '"',
    nullstr = '', columns = {ticket_id: 'VARCHAR', digest: 'UUID', open: 'BOOLEAN', absent: 'BOOLEAN'})
"""


@contextmanager
def opened(feed: Feed, path: Path) -> Iterator[Export]:
    """Open a spooled export; its scratch files lie beside it. Raises ExportRefused for what is no such export."""
    import duckdb  # here, because an unchanged export never needs it

    spool = prepare(path)
    scratch = path.with_suffix(".duckdb")
    try:
        with duckdb.connect(str(scratch), config={"memory_limit": "160MB", "threads": 2}) as db:
            yield Export(feed, spool, db)
    except RuntimeError as error:  # DuckDB makes one of whatever a signal handler raises: a deadline, Ctrl-C, SIGTERM
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    finally:  # a refused export may be opened again
        scratch.unlink(missing_ok=True)


def is_truncated(feed: Feed, path: Path) -> bool | None:
    """Tell whether an export says that its exporter hit its limit; None where it cannot be read."""
    try:
        with opened(feed, path) as export:
            return export.truncated
    except ExportRefused:
        return None


def _read_sql(feed: Feed, spool: Spool) -> str:
    # By place and not by name: DuckDB would take `A` and `a` for one column, and a header may say anything.
    cells = {name: f"c{place}" for place, name in enumerate(spool.header)}
    digested = sorted(name for name in cells if name not in feed.ignore)
    # The names are part of it: a cell that moves to another column is a change. No cell holds NUL: prepare() saw to it.
    joined = ", chr(0), ".join([_text(chr(31).join(digested)), *(cells[name] for name in digested)])
    times = "".join(f", {_time(cells.get(name))} AS w{place}" for place, name in enumerate(feed.winner))
    stops = (
        f"coalesce(starts_with(trim(c0, {_text(WHITE_SPACE)}), {_text(feed.sentinel)}), false)"
        if feed.sentinel
        else "false"
    )
    return (
        f"CREATE TABLE export AS SELECT row_number() OVER () AS n, md5(concat({joined}))::UUID AS d, "
        f"nullif(trim({cells[feed.key]}, {_text(WHITE_SPACE)}), '') AS k, {stops} AS stops{times} "
        f"FROM {_read_csv(spool, 'store_rejects = true, rejects_limit = 0')}"
    )


def _read_csv(spool: Spool, on_error: str) -> str:
    types = ", ".join(f"c{place}: 'VARCHAR'" for place, _ in enumerate(spool.header))
    return (
        f"read_csv({_text(str(spool.readable))}, columns = {{{types}}}, auto_detect = false, header = false, "
        f"skip = {spool.header_lines}, delim = ',', quote = '\"', escape = '\"', strict_mode = true, {on_error}, "
        f"max_line_size = {_LONGEST_RECORD}, buffer_size = {4 * _LONGEST_RECORD})"
    )


def _time(cell: str | None) -> str:
    if cell is None:
        return "NULL::TIMESTAMP"
    cases = (cell, f"trim({cell}, {_text(WHITE_SPACE)})")  # few cells need trimming of all that is white, which costs
    whens = (f"WHEN regexp_full_match({text}, {_text(_TIME)}) THEN try_cast({text} AS TIMESTAMP)" for text in cases)
    return f"CASE {' '.join(whens)} END"


def _no_key(feed: Feed, spool: Spool) -> str:
    header = ", ".join(spool.header[:8])
    other = next((sign for sign in ";\t|" if sign in header and "," not in spool.header_text.decode()), None)
    hint = f"; it looks separated by {other!r} instead of ','" if other else ""
    return f"its header does not name {feed.key!r}{hint} (it begins: {header[:200]})"


def _cells(names: Sequence[str]) -> str:
    return ", ".join(f"c{place}" for place, _ in enumerate(names))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error
