"""The functions behind the generated columns: the same under every setting, and safe where PostgreSQL uses them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.database import Database
from fleetfeed.text.forms import utc_time
from tests.kit import MIGRATIONS, Bench, ticket

SQL = MIGRATIONS / "sql"
SETTINGS = [("ISO, MDY", "UTC"), ("SQL, DMY", "America/New_York"), ("German, DMY", "Asia/Kathmandu")]
TIMES = {
    "2026-11-20 10:00": "2026-11-20T07:00:00",
    "2026-11-20T10:00": "2026-11-20T07:00:00",
    "2026-11-20 10:00:07": "2026-11-20T07:00:07",
    "2026-11-20T10:00:07": "2026-11-20T07:00:07",
    "2026-11-20 10:00:07.5": "2026-11-20T07:00:07.5",
    "2026-11-20 10:00:07.123456": "2026-11-20T07:00:07.123456",
    "2026-01-02 00:30:00": "2026-01-01T21:30:00",
    "2026-12-31 23:59:59": "2026-12-31T20:59:59",
    "2024-02-29 10:00:00": "2024-02-29T07:00:00",
    "2026-02-05 10:00": "2026-02-05T07:00:00",
}
NO_TIMES = (
    *("", " ", "now", "today", "infinity", "-infinity", "epoch", "allballs", "20.11.2026 10:00", "11/20/2026 10:00"),
    *("2026-02-30 10:00", "2026-02-29 10:00:00", "2026-04-31 10:00:00", "2026-13-01 10:00:00", "2026-00-10 10:00:00"),
    *("2026-11-00 10:00:00", "2026-11-20 24:00", "2026-11-20 24:00:00", "2026-11-20 10:60:00", "2026-11-20 10:00:60"),
    *("2026-11-20 10:00+00", "2026-11-20 10:00:00Z", "2026-11-20 10:00:00+03:00", "2026-11-20 10:00:00 EAT"),
    *("2026-11-20", "2026-11-20 1:00", "26-11-20 10:00:00", "2026-11-20 10:00:07.1234567", "2026-11-20  10:00"),
    *("2026-11-20 10:00\n", "2026-11-20t10:00", "٢٠٢٦-11-20 10:00:00", "abc"),
)


@pytest.mark.parametrize(("style", "zone"), SETTINGS)
def test_times_read_the_same_under_any_datestyle_and_timezone(db: Database, style: str, zone: str) -> None:
    _set(db, style, zone)
    utc = "to_char(tickets.eat_ts(t) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    read = f"SELECT t, rtrim(rtrim({utc}, '0'), '.')"
    found = dict(db.all(f"{read} FROM unnest(%s::text[]) AS t", [[*TIMES, *NO_TIMES]]))

    assert found == TIMES | dict.fromkeys(NO_TIMES)


@pytest.mark.parametrize(("style", "zone"), SETTINGS)
@pytest.mark.parametrize(
    ("function", "cells"),
    [
        ("whole", {"536": 536, "536.0": 536, "536.": 536, "535.5": 536, "-0.5": -1, "+7": 7, "007": 7, "": None}),
        ("whole", {"abc": None, "1e3": None, "1,000": None, " 5": None, "99999999999": None, "٣": None, "NaN": None}),
        ("whole", {"1.234": None, "-12.000": None, "0.500": 1, "1.23": 1, "1.2345": 1, "1234.500": 1235}),
        ("degrees", {"-1.29": -1.29, "36": 36.0, "+5.5": 5.5, "1e1": None, "NaN": None, "": None, "1,5": None}),
        ("degrees", {"1234": None, "inf": None, "5.": None, "36.78°": None}),
    ],
)
def test_numbers_read_the_same_under_any_settings(
    db: Database, function: str, cells: dict[str, Any], style: str, zone: str
) -> None:
    _set(db, style, zone)
    found = dict(db.all(f"SELECT t, tickets.{function}(t) FROM unnest(%s::text[]) AS t", [list(cells)]))

    assert found == cells


@pytest.mark.parametrize(
    ("decimal", "thousands", "cells"),
    [
        (",", ".", {"1.234": 1234, "1.234,5": 1235, "12,5": 13, "1.23": None, "1,234.5": None, "1.234.567": 1234567}),
        (".", ",", {"1,234": 1234, "1.234": 1, "-1,234.5": -1235, "12,34": None, "1,2345": None, "": None}),
        (".", "", {"1.234": 1, "1,234": None, "536.000": 536, "1_5": None}),
        (",", " ", {"1 234": 1234, "1\xa0234,5": 1235, "1\u202f234": 1234, "12 34": None, " 5": None}),
        (".", "'", {"1'234": 1234, "1\u2019234.4": 1234, "'5": None, "1234": 1234}),
    ],
)
def test_numbers_read_by_a_declared_convention(
    db: Database, decimal: str, thousands: str, cells: dict[str, int | None]
) -> None:
    read = "SELECT t, tickets.whole(t, %s, %s) FROM unnest(%s::text[]) AS t"

    assert dict(db.all(read, [decimal, thousands, list(cells)])) == cells


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Nairobi", "America/St_Johns", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize(("style", "session"), SETTINGS)
def test_instants_read_as_python_reads_them(db: Database, zone: str, style: str, session: str) -> None:
    _set(db, style, session)
    days = [datetime(2026, month, day) for month, day in ((3, 29), (10, 25), (3, 8), (11, 1), (4, 5), (10, 4), (7, 1))]  # noqa: DTZ001
    local = [(day + timedelta(minutes=10 * step)).isoformat(" ") for day in days for step in range(-30, 90)]
    signs = ("", "Z", " Z", "+02", "-0230", "+05:45", " +10:30", "+24", "+1", "z")
    texts = [*local, *(f"{text}{sign}" for text in local[::7] for sign in signs), *NO_TIMES]
    utc = "to_char(tickets.instant(t, %s) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"
    found = dict(db.all(f"SELECT t, {utc} FROM unnest(%s::text[]) AS t", [zone, texts]))

    assert found == {text: utc_time(text, zone) for text in texts}


_SEEDS = [*TIMES, *NO_TIMES, "536", "536.0", "1.234", "999999999.0", "0000000000.0", "2000-02-29 00:00:00"]
_PIECES = st.sampled_from(
    ["", "0", "9", ".0", "-", " ", "T", ":", "2", "29", "02", "\n", "é", "+", "24", "60", "1969", "2200"]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a text that is a time or a number, or nearly one."""
    text = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(_PIECES) + text[place + draw(st.integers(0, 2)) :]
    return text


def _first_body(function: str, file: str) -> str:
    """Return the definition that a function had in an earlier migration, under the name `public.first_…`."""
    found = re.search(
        rf"CREATE (?:OR REPLACE )?FUNCTION tickets\.{function}\(t text\).*?END \$\$;",
        (SQL / file).read_text(),
        re.DOTALL,
    )
    assert found
    return re.sub(r"CREATE (?:OR REPLACE )?FUNCTION tickets\.", "CREATE FUNCTION public.first_", found[0])


@settings(max_examples=10)
@given(st.lists(mutated(), min_size=200, max_size=400))
def test_the_quick_functions_answer_as_the_first_ones_did(db: Database, texts: list[str]) -> None:
    with db.transaction(keep=False):
        db.execute(_first_body("local_ts", "0001_functions.sql"))
        db.execute(_first_body("whole", "0006_evidence.sql"))
        differing = db.all(
            "SELECT t FROM unnest(%s::text[]) AS t WHERE (tickets.local_ts(t), tickets.whole(t)) IS DISTINCT FROM "
            "(public.first_local_ts(t), public.first_whole(t))",
            [texts],
        )
    assert differing == []


def test_every_minute_of_a_leap_year_is_read_as_a_cast_reads_it(db: Database) -> None:
    minutes = "generate_series('2024-01-01'::timestamp, '2024-12-31 23:59', '1 minute') AS m"
    read = "tickets.local_ts(to_char(m, 'YYYY-MM-DD HH24:MI:SS'))"
    assert db.one(f"SELECT count(*) FILTER (WHERE {read} IS DISTINCT FROM m) FROM {minutes}") == 0


def test_null_stays_null(db: Database) -> None:
    row = db.all("SELECT tickets.eat_ts(NULL), tickets.local_ts(NULL), tickets.whole(NULL), tickets.degrees(NULL)")[0]

    assert row == (None, None, None, None)


def test_the_functions_are_immutable_strict_and_parallel_safe(db: Database) -> None:
    found = db.all(
        "SELECT proname::text, provolatile::text, proisstrict, proparallel::text, prorettype::regtype::text "
        "FROM pg_proc WHERE pronamespace = 'tickets'::regnamespace "
        "AND proname IN ('eat_ts', 'instant', 'local_ts', 'whole', 'degrees') ORDER BY 1"
    )
    assert found == [
        ("degrees", "i", True, "s", "double precision"),
        ("eat_ts", "i", True, "s", "timestamp with time zone"),
        ("instant", "i", True, "s", "timestamp with time zone"),
        ("local_ts", "i", True, "s", "timestamp without time zone"),
        ("whole", "i", True, "s", "integer"),
        ("whole", "i", True, "s", "integer"),
    ]


def test_a_parallel_plan_reads_the_same(bench: Bench) -> None:
    bench.loaded(ticket(f"T{number}", mttr=str(number), latitude="-1.2", longitude="36.8") for number in range(500))
    query = (
        "SELECT count(tickets.eat_ts(raw ->> 'created_at_service')), sum(tickets.whole(raw ->> 'mttr')), "
        "max(tickets.degrees(raw ->> 'latitude')) FROM tickets.inc"
    )
    alone = bench.db.all(query)
    for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size"):
        bench.db.execute(f"SET {name} = 0")
    plan = "\n".join(text for (text,) in bench.db.all(f"EXPLAIN {query}"))

    assert "Parallel Seq Scan" in plan
    assert bench.db.all(query) == alone == [(500, 124750, -1.2)]


def _set(db: Database, style: str, zone: str) -> None:
    db.execute("SELECT set_config('DateStyle', %s, false), set_config('TimeZone', %s, false)", [style, zone])
