"""Read a spooled export with DuckDB: count its records, and pick the latest of each ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from fleetfeed.feed import Feed, Moment
from fleetfeed.feed.callables import Spelling
from fleetfeed.feed.layout import Layout
from fleetfeed.model import Reject, RowRejected
from fleetfeed.reader import lines, rejects
from fleetfeed.reader.comparison import Comparison
from fleetfeed.reader.duckdb_session import can_read, scratch_database
from fleetfeed.reader.duckdb_sql import LOSERS, read_csv, read_export, time
from fleetfeed.reader.plain import plain
from fleetfeed.reader.plausible import ignore_future_times, local, total_at_end
from fleetfeed.reader.spool import Spool, prepare
from fleetfeed.text.forms import utc_time
from fleetfeed.text.parse import first_cell

if TYPE_CHECKING:
    import duckdb

_BATCH = 2_000  # texts


class Evidence(NamedTuple):
    """Where a row is in the export, and its bytes, or the first of them if it is very long."""

    record: int
    line: int
    raw: bytes
    size: int  # bytes of the whole record


class Export:
    """What one export contains. `compare` finds which of its rows are new or changed."""

    def __init__(
        self,
        feed: Feed,
        spool: Spool,
        db: duckdb.DuckDBPyConnection,
        written: datetime | None = None,
        now: datetime | None = None,
    ) -> None:
        self._feed, self._db, self.spool, self._written = feed, db, spool, written
        self.unknown_columns = [name for name in spool.header if name not in feed.known]
        self.rows = self._one("SELECT count(*) FROM export")
        self.sentinels_too_short = 0  # sentinel records with fewer fields than the header: they do not become rows
        self.sentinel_records: list[int] = []  # numbers of these among all records, from 1
        self.rejects = [] if spool.seamless else self._rejects()
        self.read = self.rows + len(self.rejects) + self.sentinels_too_short
        db.execute("CREATE TABLE unfolded (n BIGINT)")  # rows whose fold failed: they are rejected, and beat no other
        for place, moment in enumerate(feed.winners):
            if moment.name in feed.spellings and moment.name in spool.header:
                self._spell(place, moment, feed.spellings[moment.name])
        self.future = list(ignore_future_times(db, feed.winners, now)) if now else []
        latest = [f"w{place} DESC NULLS LAST" for place, _ in enumerate(feed.winner)]
        db.execute(LOSERS.format(order=", ".join([*latest, "n DESC"])))
        self.superseded = self._one("SELECT count(*) FROM losers")
        self.total = total_at_end(db)  # number of the last row, if it looks like a total

    @property
    def truncated(self) -> bool:
        """Whether the exporter hit its limit."""
        if not self._feed.sentinel:
            return False
        return bool(self._one("SELECT count(*) FROM export WHERE stops") or self.sentinels_too_short)

    @property
    def newest(self) -> datetime | None:
        """Latest winner time in the export, ignoring times later than the export itself."""
        if not self._feed.winner:
            return None
        first = self._feed.winners[0]
        limit = local(self._written, first) if self._written else None
        latest: datetime | None = self._one("SELECT max(w0) FROM export WHERE w0 <= coalesce(?, w0)", [limit])
        return latest.replace(tzinfo=UTC if first.has_offset else ZoneInfo(first.zone_name)) if latest else None

    def compare(self, known: Path | None) -> Comparison:
        """Compare with the database: a CSV of ticket_id, digest, and whether it is open, and absent.

        None compares with nothing: every row counts as changed.
        """
        return Comparison(self._db, self.spool, known)

    def words(self, name: str, most: int) -> list[str]:
        """Return up to `most` distinct cells of a column."""
        cell = f"c{self.spool.header.index(name)}"
        source = read_csv(self.spool, "ignore_errors = true")
        found = self._db.execute(f"SELECT DISTINCT {cell} FROM {source} WHERE {cell} IS NOT NULL LIMIT {most:d}")
        return [cell for (cell,) in found.fetchall()]

    def evidence(self, numbers: set[int]) -> dict[int, Evidence]:
        """Cut rows out of the file, by number."""
        if self.spool.seamless:
            return self._cut(numbers)
        bad = {reject.line for reject in self.rejects} | self._sentinel_lines
        return {
            number: Evidence(record, span.line, raw, span.end - span.start)
            for number, record, span, raw in rejects.spans_of(self.spool, numbers, bad)
        }

    def _cut(self, numbers: set[int]) -> dict[int, Evidence]:
        self._db.execute("CREATE OR REPLACE TABLE asked AS SELECT unnest(?::BIGINT[]) AS n", [sorted(numbers)])
        found = {}
        for number, line, raw in lines.cut(self._db, self.spool, "asked"):
            record = raw.replace(b"\r\n", b"\n")
            found[number] = Evidence(number, line, record[: rejects.KEPT], len(record))
        return found

    def _rejects(self) -> list[Reject]:
        pointers: dict[int, list[str]] = {}
        for offset, error in self._db.execute(
            # A record that is too long was blanked; DuckDB reports many blank lines as such, but skips none.
            "SELECT line_byte_position - 1, error_type FROM reject_errors "
            "WHERE error_type <> 'LINE SIZE OVER MAXIMUM' ORDER BY 1"
        ).fetchall():
            pointers.setdefault(offset, []).append(error)
        found = rejects.rejects(self.spool, pointers, self.rows, self._feed.key)
        sentinel = self._feed.sentinel
        stops = [r for r in found if sentinel and (first_cell(r.raw, self.spool.delimiter) or "").startswith(sentinel)]
        self.sentinels_too_short, self._sentinel_lines = len(stops), {reject.line for reject in stops}
        self.sentinel_records = [reject.record for reject in stops]
        return [reject for reject in found if reject.line not in self._sentinel_lines]

    def _spell(self, place: int, moment: Moment, spelling: Spelling) -> None:
        """Normalise the times that decide the winner, each distinct text once; those with an offset in UTC."""
        cursor = self._db.cursor()
        self._db.execute("CREATE OR REPLACE TABLE spelt (cell VARCHAR, iso VARCHAR, failed BOOLEAN)")
        cursor.execute(f"SELECT DISTINCT w{place} FROM export WHERE w{place} <> ''")
        while batch := cursor.fetchmany(_BATCH):
            cells = [cell for (cell,) in batch if cell not in self._feed.nulls]
            found = [_time_of(moment, spelling, cell) for cell in cells]
            lists = [cells, [when for when, _ in found], [failed for _, failed in found]]
            self._db.execute("INSERT INTO spelt SELECT unnest(?), unnest(?::VARCHAR[]), unnest(?::BOOLEAN[])", lists)
        self._db.execute(f"INSERT INTO unfolded SELECT n FROM export JOIN spelt ON w{place} = cell WHERE failed")
        self._db.execute(f"UPDATE export SET w{place} = iso FROM spelt WHERE w{place} = cell")
        self._db.execute(f"ALTER TABLE export ALTER w{place} TYPE TIMESTAMP USING {time(f'w{place}')}")

    def _one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        row = self._db.execute(sql, values).fetchone()
        return row[0] if row else None


@contextmanager
def opened(
    feed: Feed,
    path: Path,
    written: datetime | None = None,
    now: datetime | None = None,
    layout: Layout | None = None,
) -> Iterator[Export]:
    """Open a spooled export; scratch files go beside it. Raises ExportRefused if it cannot be used.

    `written`: when it was written; `newest` ignores later times. `now`: no record wins by a time after that.
    `layout`: if it differs from the feed's.
    """
    layout = layout or feed.layout
    simple = plain(path, layout)
    spool = simple.spool if simple else prepare(path, layout)
    with scratch_database(path.with_suffix(".duckdb"), len(spool.header)) as db:
        if simple:
            whole = can_read(db, read_export(feed, spool)) and simple.whole(db)
            spool = whole or prepare(path, layout)
        if not spool.seamless:
            db.execute(read_export(feed, spool))
        yield Export(feed, spool, db, written, now)


def _time_of(moment: Moment, spelling: Spelling, cell: str) -> tuple[str | None, bool]:
    """Return a winner time, and whether its fold failed."""
    try:
        text = spelling(cell)
    except RowRejected:
        return None, True
    return (utc_time(text, moment.zone_name) if moment.has_offset else text), False
