"""The functions behind the generated columns: the same under every setting, and safe where PostgreSQL uses them."""

from __future__ import annotations

from typing import Any

import pytest

from fleetfeed.database import Database
from tests.kit import Bench, ticket

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


def test_null_stays_null(db: Database) -> None:
    row = db.all("SELECT tickets.eat_ts(NULL), tickets.local_ts(NULL), tickets.whole(NULL), tickets.degrees(NULL)")[0]

    assert row == (None, None, None, None)


def test_the_functions_are_immutable_strict_and_parallel_safe(db: Database) -> None:
    found = db.all(
        "SELECT proname::text, provolatile::text, proisstrict, proparallel::text, prorettype::regtype::text "
        "FROM pg_proc WHERE pronamespace = 'tickets'::regnamespace "
        "AND proname IN ('eat_ts', 'local_ts', 'whole', 'degrees') ORDER BY 1"
    )
    assert found == [
        ("degrees", "i", True, "s", "double precision"),
        ("eat_ts", "i", True, "s", "timestamp with time zone"),
        ("local_ts", "i", True, "s", "timestamp without time zone"),
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
