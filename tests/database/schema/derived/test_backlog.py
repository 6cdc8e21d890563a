"""The backlog, day by day: whose day it is, and what a capture may and may not do."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from fleetfeed.database import connect
from fleetfeed.database.lock import feed_lock
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Text
from tests.database.schema.derived.kit import DAY, backlog, capture, closures, dashboard, done, flow, keys, put
from tests.kit import FEED, Bench, ticket


def test_the_day_is_that_of_the_feeds_zone_wherever_the_server_is(bench: Bench) -> None:
    put(bench.db, [ticket("T1")])
    for zone in ("America/New_York", "Pacific/Kiritimati", "UTC"):
        bench.db.execute(f"SET TimeZone = '{zone}'")
        capture(bench.db, "2026-11-20 23:59:59.999+03")
        capture(bench.db, "2026-11-21 00:00:00+03")
    days = bench.rows("snapshot_date::text AS day", "tickets.inc_daily_snapshot")
    assert days == [{"day": "2026-11-20"}, {"day": "2026-11-21"}]


@pytest.mark.parametrize(
    ("written", "day"),
    [(datetime(2026, 11, 20, 20, 59, tzinfo=UTC), 20), (datetime(2026, 11, 20, 21, 0, tzinfo=UTC), 21)],
    ids=["23:59", "00:00"],
)
def test_observations_belong_to_the_day_the_export_was_written(bench: Bench, written: datetime, day: int) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1"), ticket("T2")], at=written)
    bench.run()

    assert flow(bench, date(2026, 11, day)) == {"Kilimani": (1, 0, 0)}
    assert backlog(bench, date(2026, 11, day)) == {"Kilimani": (None, None, None)}


def test_a_day_that_is_captured_after_its_exports_keeps_what_was_observed(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1"), ticket("T2", is_actionable="false"), ticket("T3", cluster="")])
    capture(bench.db, "2026-11-20 20:40+03")

    assert flow(bench) == {"Kilimani": (1, 0, 0), "(none)": (1, 0, 0)}
    assert backlog(bench, DAY) == {"Kilimani": (2, 1, 2), "(none)": (1, 1, 1)}


def test_a_cluster_whose_last_ticket_closes_goes_back_to_zero_that_day(bench: Bench) -> None:
    tomorrow = bench.db.one("SELECT (now() AT TIME ZONE 'Africa/Nairobi')::date + 1")
    bench.loaded([ticket("T1"), ticket("T2", cluster="Ruiru")])
    capture(bench.db, f"{tomorrow} 09:00+03")
    bench.loaded([ticket("T1"), done("T2", cluster="Ruiru")])
    capture(bench.db, f"{tomorrow} 10:00+03")
    bench.loaded([done("T1"), done("T2", cluster="Ruiru")])
    capture(bench.db, f"{tomorrow + timedelta(days=1)} 10:00+03")

    assert {cluster: total for cluster, (total, *_) in backlog(bench, tomorrow).items()} == {"Kilimani": 1, "Ruiru": 0}
    assert backlog(bench, tomorrow + timedelta(days=1)) == {"(none)": (0, 0, 0)}


def test_a_day_that_is_over_keeps_the_backlog_that_was_counted_on_it(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    capture(bench.db, "2026-11-20 20:40+03")
    counted = backlog(bench, DAY)
    bench.loaded([done("T1"), ticket("T3", cluster="Ruiru")])
    for as_of in ("2026-11-20 20:40+03", "2026-11-20 00:00+03"):
        capture(bench.db, as_of)

    assert counted == {"Kilimani": (2, 2, 2)}
    assert backlog(bench, DAY) == counted | {"Ruiru": (None, None, None)}  # observed that day, but not counted
    assert closures(bench) == [("T1", "19 10:00")]
    assert backlog(bench)["Ruiru"][0] == 1


def test_overdue_is_counted_as_of_the_time_that_is_reported(bench: Bench) -> None:
    put(bench.db, [ticket("T1", created_at_service="2026-11-18 08:00:00"), ticket("T2", bucket="fibre")])
    for as_of in ("2026-11-18 07:00+03", "2026-11-19 12:01+03", "2026-11-20 08:00+03", "2026-11-21 08:01+03"):
        capture(bench.db, as_of)

    counted = [backlog(bench, date(2026, 11, day))["Kilimani"][2] for day in (18, 19, 20, 21)]
    assert counted == [0, 1, 1, 2]  # 48 hours are reached, not passed, on the 20th


def test_a_capture_waits_for_the_run_that_holds_the_feed(bench: Bench, url: str) -> None:
    bench.loaded([ticket("T1")])
    with connect(url, "run") as run, feed_lock(run, "inc"):
        bench.db.execute("SET lock_timeout = '200ms'")
        with pytest.raises(DatabaseError, match="holds a lock"):
            capture(bench.db)
    capture(bench.db)


def test_a_load_that_commits_after_a_capture_is_captured_next(bench: Bench, url: str) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    with psycopg.connect(url) as slow:
        run = slow.execute(
            "INSERT INTO tickets.import_runs (feed, started_at, outcome, host, version) "
            "VALUES ('inc', now(), 'loaded', 'slow', '0') RETURNING run_id"
        ).fetchone()
        assert run is not None
        slow.execute(
            'UPDATE tickets.inc SET run_id = %s, raw = raw || \'{"normalized_status": "closed"}\' '
            "WHERE ticket_id = 'T2'",
            run,
        )
        slow.execute(
            "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed) "
            "VALUES ('inc', 'T2', %s, now(), 'updated', '{\"normalized_status\": [\"open\", \"closed\"]}')",
            run,
        )
        report = bench.loaded([done("T1"), ticket("T2")])
        assert report.run_id is not None
        assert report.run_id > run[0]
        assert closures(bench) == [("T1", "19 10:00")]
        slow.commit()
    capture(bench.db)

    assert closures(bench) == [("T1", "19 10:00"), ("T2", None)]


@pytest.mark.parametrize(
    ("arguments", "cause", "hint"),
    [
        (["crq", "2026-11-20"], "there is no feed 'crq'", "It is one of: inc."),
        (["inc'; DROP TABLE tickets.inc; --", "2026-11-20"], "there is no feed", "It is one of: inc."),
        ([None, "2026-11-20"], "there is no feed NULL", "It is one of: inc."),
        (["inc", None], "as_of is no time", "Leave it out"),
        (["inc", "infinity"], "as_of is no time", "Leave it out"),
    ],
)
def test_what_cannot_be_captured_is_refused(bench: Bench, arguments: list[str | None], cause: str, hint: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=cause) as refused:
        bench.db.connection.execute("SELECT tickets.capture_history(%s, %s)", arguments)

    assert refused.value.sqlstate == "22023"
    assert hint in (refused.value.diag.message_hint or "")
    assert bench.rows("*", "tickets.inc_daily_snapshot") == []


def test_a_cluster_of_any_length_can_be_captured(bench: Bench) -> None:
    name = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(10_000))
    bench.loaded([ticket("T1", cluster=name), ticket("T2", cluster="'; DROP TABLE tickets.inc; --")])

    assert backlog(bench).keys() == {name[:200], "'; DROP TABLE tickets.inc; --"}


_TEXTS = [column.name for column in FEED.columns if isinstance(column, Text) and column.name != "normalized_status"]


@pytest.mark.parametrize("size", [300, 1_000, 3_000, 100_000])
def test_a_closed_ticket_with_long_incompressible_texts_is_counted(bench: Bench, size: int) -> None:
    dice = random.Random(size)
    texts = {name: "".join(chr(dice.randrange(0x4E00, 0x9FFF)) for _ in range(size)) for name in _TEXTS}
    at = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")  # an hour ago, in East Africa
    bench.loaded(
        [done("T1", at) | texts, done("T2", at, cluster=dice.randbytes(size).hex()), done("T3", at), ticket("T4")]
    )
    page = dashboard(bench.db, p_window="24h")

    assert sorted(keys(page["closed"])) == ["T1", "T2", "T3"]
    assert (page["counts"]["closed"], sum(row["closed"] for row in page["metrics"]["flow"])) == (
        3,
        3,
    )
    assert {row["cluster"]: row["closed"] for row in page["metrics"]["by_cluster"]}[texts["cluster"]] == 1
    assert {row["team"]: row["closed"] for row in page["metrics"]["by_team"]} == {
        texts["assigned_team"]: 1,
        "Field A": 2,
    }
    assert keys(dashboard(bench.db, p_window="24h", p_cluster=texts["cluster"])["closed"]) == ["T1"]
