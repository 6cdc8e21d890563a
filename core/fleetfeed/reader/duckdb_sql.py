"""SQL with which DuckDB reads an export."""

from __future__ import annotations

from collections.abc import Sequence

from fleetfeed.feed import Feed, Moment
from fleetfeed.reader.scanner import LONGEST
from fleetfeed.reader.spool import Spool
from fleetfeed.text.forms import LOCAL_TIME
from fleetfeed.text.parse import WHITE_SPACE, WRAPPED

LOSERS = """
CREATE TABLE losers AS
SELECT n FROM (
    SELECT n, row_number() OVER (PARTITION BY k ORDER BY {order}) AS place FROM export
    WHERE k IN (SELECT k FROM export WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1) AND n NOT IN (FROM unfolded)
) WHERE place > 1
"""
KNOWN_TABLE = "CREATE TABLE known (ticket_id VARCHAR, digest UUID, open BOOLEAN, absent BOOLEAN)"
KNOWN_READ = """
INSERT INTO known SELECT * FROM read_csv(?, auto_detect = false, header = true, quote = '"', escape = '"',
    nullstr = '', columns = {ticket_id: 'VARCHAR', digest: 'UUID', open: 'BOOLEAN', absent: 'BOOLEAN'})
"""
KEPT = ".parquet"  # written by `Comparison.keep`; read four times as fast as CSV, which is what PostgreSQL writes
KNOWN_KEPT = "INSERT INTO known FROM read_parquet(?)"
_CLEAN = "[!-<>-~](?:[ -<>-~]*[!-<>-~])?"  # cells that cleaned() leaves as they are; asked first, as trim() is slow
_COUNTED = {"quotes": "'\"'", "line_feeds": "chr(10)", "returns": "chr(13)"}


def read_export(feed: Feed, spool: Spool) -> str:
    """Return SQL that reads each record's number, digest, key, winner times, whether it is a sentinel, and its bytes.

    A time that still has to be normalised is read as text. `size` and the other counts are of all cells, for `plain`.
    """
    # Columns by position, not name: DuckDB treats `A` and `a` as one, and a header may contain anything.
    cells = {name: f"c{place}" for place, name in enumerate(spool.header)}
    digested = sorted(name for name in cells if name not in feed.ignore)
    # The digest includes names, so that moving a cell to another column is a change. prepare() has removed NUL.
    names = chr(31).join(digested)
    joined = ", chr(0), ".join([literal(names), *(cells[name] for name in digested)])
    others = ", ".join(["''", *(cells[name] for name in cells if name in feed.ignore)])
    counts = ", ".join(f"{_count(char)} AS {name}" for name, char in _COUNTED.items())
    times = "".join(f", {_won_by(cells.get(w.name), w)} AS w{place}" for place, w in enumerate(feed.winners))
    key = f"nullif({cleaned(cells[feed.key])}, '')"
    if feed.nulls:
        key = f"CASE WHEN {key} NOT IN ({', '.join(map(literal, feed.nulls))}) THEN {key} END"
    stops = f"coalesce(starts_with({cleaned('c0')}, {literal(feed.sentinel)}), false)" if feed.sentinel else "false"
    on_error = "ignore_errors = false" if spool.seamless else "store_rejects = true, rejects_limit = 0"
    return (
        f"CREATE OR REPLACE TABLE export AS SELECT row_number() OVER () AS n, md5(joined)::UUID AS d, "
        f"{key} AS k, {stops} AS stops{times}, "
        f"strlen(joined) + strlen(others) - {len(names.encode()) + len(digested)} AS size, {counts} "
        f"FROM (SELECT *, concat({joined}) AS joined, concat({others}) AS others FROM {read_csv(spool, on_error)})"
    )


def read_csv(spool: Spool, on_error: str) -> str:
    """Return SQL that reads a spool's records, all text, in columns c0, c1, …"""
    types = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(spool.header)))
    return (
        f"read_csv({literal(str(spool.readable))}, columns = {{{types}}}, auto_detect = false, header = false, "
        f"skip = {spool.skip}, delim = {literal(spool.delimiter)}, quote = '\"', escape = '\"', "
        f"strict_mode = true, {on_error}, max_line_size = {2 * LONGEST}, buffer_size = {4 * LONGEST})"
    )


def _won_by(cell: str | None, moment: Moment) -> str:
    if cell is None:
        return "NULL::TIMESTAMP"
    text = cleaned(cell)  # slow, and few cells need it
    return text if moment.spelling else time(cell, text)


def time(*texts: str) -> str:
    """Return SQL that reads a time from the first of these texts that is one."""
    form = literal(LOCAL_TIME)
    whens = (f"WHEN regexp_full_match({text}, {form}) THEN try_cast({text} AS TIMESTAMP)" for text in texts)
    return f"CASE {' '.join(whens)} END"


def cells_of(names: Sequence[str]) -> str:
    """List the columns with these names."""
    return ", ".join(f"c{place}" for place, _ in enumerate(names))


def cleaned(cell: str) -> str:
    """Return SQL for what parse.clean() does to a cell."""
    trimmed = f"trim({cell}, {literal(WHITE_SPACE)})"
    inner = f"replace(substr({trimmed}, 3, length({trimmed}) - 3), '\"\"', '\"')"
    return (
        f"CASE WHEN regexp_full_match({cell}, {literal(_CLEAN)}) THEN {cell} "
        f"WHEN contains({cell}, '=\"') AND regexp_full_match({trimmed}, {literal(WRAPPED)}, 's') "
        f"THEN trim({inner}, {literal(WHITE_SPACE)}) ELSE {trimmed} END"
    )


def _count(char: str) -> str:
    """Return SQL that counts a character in all cells."""
    sums = (f"strlen({text}) - strlen(replace({text}, {char}, ''))" for text in ("joined", "others"))
    return f"CASE WHEN contains(joined, {char}) OR contains(others, {char}) THEN {' + '.join(sums)} ELSE 0 END"


def literal(value: str) -> str:
    """Quote a string."""
    return "'" + value.replace("'", "''") + "'"
