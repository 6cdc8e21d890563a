"""The grammar of cells: Python, the functions in PostgreSQL and DuckDB read the same texts, as the same values."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from fleetfeed import Column, Degrees, Moment, Whole, YesNo
from fleetfeed.database import Database
from fleetfeed.feed.reading import reader_of
from fleetfeed.reader import duckdb_sql
from fleetfeed.testing.examples import JUNK
from fleetfeed.text.forms import is_degrees, is_time, utc_time
from fleetfeed.text.parse import clean
from tests.database.schema.test_sql_functions import NO_TIMES, TIMES

NUMBERS = (
    *("1.234", "12.345", "0.123", "1.234,5", "1,234.5", "12,5", "1.234.567", "1,234,567.", "12 345", "12\u00a0345,5"),
    *(
        "1'234.5",
        "1\u2019234",
        "1.23.456",
        "-1.234",
        "+12,",
        "1_234",
        "1234567890,1",
        "123.456.789.012",
        ",5",
        "1..234",
    ),
)
ZONED = (
    *("2026-11-03T08:10Z", "2026-11-03 08:10:00+03:00", "2026-11-03 08:10 +0300", "2026-11-03 08:10+03", "2026-11-03Z"),
    *("2026-11-03 08:10:00 UTC", "2026-02-30T08:10Z", "2026-11-03 08:10+24:00", "2026-11-03 08:10:00.123456-11:30"),
)
SPELT = ("2026-02-29 10:00", "2199-12-31 23:59:59.999999", *TIMES, *NO_TIMES, *ZONED)
TEXTS = sorted({*JUNK, *NUMBERS, *SPELT, "+5", "5.", "123456789", "1234567890", "-1.29", "1234"})
CELLS = [text for text in TEXTS if clean(text) == text]


READERS: dict[str, Column] = {
    "tickets.whole(t)": Whole("x"),
    "tickets.whole(t, ',', '.')": Whole("x", decimal=",", thousands="."),
    "tickets.whole(t, ',', ' ')": Whole("x", decimal=",", thousands=" "),
    "tickets.whole(t, '.', ',')": Whole("x", decimal=".", thousands=","),
    "tickets.whole(t, '.', $$'$$)": Whole("x", decimal=".", thousands="'"),
    "tickets.whole(t, '.', '')": Whole("x", decimal="."),
    "tickets.local_ts(t)": Moment("x"),
    # A format that reads none of them, but says that times may have an offset.
    "tickets.instant(t, 'UTC')": Moment("x", formats=("%z %Y",)),
    "tickets.degrees(t)": Degrees("x"),
    "(CASE WHEN lower(t) = ANY ('{true,t,yes,y,1,false,f,no,n,0}') THEN 1 END)": YesNo("x"),
}


@pytest.mark.parametrize("sql", READERS)
def test_postgres_reads_the_cells_that_python_reads(db: Database, sql: str) -> None:
    found = db.all(f"SELECT {sql} IS NOT NULL FROM unnest(%s::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n", [CELLS])
    reads = reader_of(READERS[sql])
    assert dict(zip(CELLS, (is_read for (is_read,) in found), strict=True)) == {text: reads(text) for text in CELLS}


def test_times_and_degrees_have_one_value_everywhere(db: Database) -> None:
    local = {text: datetime.fromisoformat(text) for text in CELLS if is_time(text)}
    in_duckdb = duckdb.execute(f"SELECT t, {duckdb_sql.time('t')} FROM (SELECT unnest(?) AS t)", [CELLS]).fetchall()
    assert {text: time for text, time in in_duckdb if time} == local
    in_postgres = db.all("SELECT t, tickets.local_ts(t) FROM unnest(%s::text[]) AS t", [CELLS])
    assert {text: time for text, time in in_postgres if time} == local
    utc = "tickets.instant(t, 'Europe/Berlin') AT TIME ZONE 'UTC'"
    instants = db.all(f"SELECT t, {utc} FROM unnest(%s::text[]) AS t", [CELLS])
    assert {text: time.isoformat(" ") if time else None for text, time in instants} == {
        text: utc_time(text, "Europe/Berlin") for text in CELLS
    }
    degrees = db.all("SELECT t, tickets.degrees(t) FROM unnest(%s::text[]) AS t", [CELLS])
    assert dict(degrees) == {text: float(text) if is_degrees(text) else None for text in CELLS}
