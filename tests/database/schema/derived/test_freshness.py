"""Two alarms that are kept apart: nobody looked, and nothing new was written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import FeedTerms, Terms
from tests.database.schema.derived.kit import dashboard, on_map
from tests.kit import FEED, MIGRATIONS, Bench, ticket

AT = datetime.fromisoformat
WORKDAYS = FeedTerms(timezone="Africa/Nairobi", hours=tuple(range(6, 21)), weekdays=(1, 2, 3, 4, 5))


@pytest.fixture(scope="module")
def hours_url(new_database: Any, migrated: str) -> str:
    """Name a database in which INC runs from six to nine in the evening, on workdays."""
    found: str = new_database(migrated)
    with connect(found, "migrate") as db:
        migrate(db, MIGRATIONS, [FEED], terms=Terms({"inc": WORKDAYS}))
    return found


@pytest.fixture
def hours(hours_url: str) -> Iterator[Database]:
    """Give a connection to it."""
    with connect(hours_url, "test") as db:
        yield db


def judged(db: Database, now: str, checked: str | None, written: str | None, **more: Any) -> tuple[str, str | None]:
    """Say how fresh a feed is at a moment, by when it was looked at and when the export was written."""
    meta = {"checked_at": checked, "source_last_modified": written, **more}
    with db.transaction(keep=False):
        sql = "INSERT INTO tickets.import_meta (feed, metadata) VALUES ('inc', %s::jsonb)"
        db.execute(sql, [orjson.dumps({name: value for name, value in meta.items() if value}).decode()])
        found = db.one("SELECT freshness FROM tickets.freshness('inc', %s)", [AT(now)])
    return found["state"], found["reason"]


FRESH, STOPPED, SILENT = ("fresh", None), ("stale", "fleetfeed stopped"), ("stale", "exporter stopped")


@pytest.mark.parametrize(
    ("now", "checked", "written", "wanted"),
    [
        ("2026-11-20T09:00+03:00", "2026-11-20T08:00:00+03:00", "2026-11-20T07:30:00+03:00", FRESH),
        ("2026-11-20T09:00:01+03:00", "2026-11-20T08:00:00+03:00", "2026-11-20T07:30:00+03:00", STOPPED),
        ("2026-11-20T09:00+03:00", "2026-11-20T08:40:00+03:00", "2026-11-19T06:40:00+03:00", FRESH),
        ("2026-11-20T09:00+03:00", "2026-11-20T08:40:00+03:00", "2026-11-19T06:39:59+03:00", SILENT),
        ("2026-11-20T09:00+03:00", "2026-11-18T08:40:00+03:00", "2026-11-10T08:40:00+03:00", STOPPED),
        ("2026-11-20T09:00+03:00", "2026-11-20T09:10:00+03:00", "2026-11-20T09:05:00+03:00", FRESH),
        ("2026-11-20T09:00+03:00", None, "2026-11-20T08:00:00+03:00", ("unknown", None)),
        ("2026-11-20T09:00+03:00", "2026-11-20T08:00:00+03:00", None, ("unknown", None)),
        ("2026-11-20T09:00+03:00", "yesterday", "2026-02-30T08:00:00+03:00", ("unknown", None)),
    ],
    ids=["fresh", "nobody looked", "just in time", "old export", "both", "clock behind", "never", "none", "no times"],
)
def test_each_alarm_by_its_own_time(
    db: Database, now: str, checked: str | None, written: str | None, wanted: tuple[str, str | None]
) -> None:
    assert judged(db, now, checked, written) == wanted


@pytest.mark.parametrize(
    ("now", "checked", "wanted"),
    [
        ("2026-11-20T03:00:00+03:00", "2026-11-19T20:40:00+03:00", FRESH),  # at night nobody is expected to look
        ("2026-11-20T06:40:00+03:00", "2026-11-19T20:40:00+03:00", FRESH),
        ("2026-11-20T06:40:01+03:00", "2026-11-19T20:40:00+03:00", STOPPED),
        ("2026-11-23T06:39:00+03:00", "2026-11-20T20:40:00+03:00", FRESH),  # over a weekend
        ("2026-11-23T06:41:00+03:00", "2026-11-20T20:40:00+03:00", STOPPED),
        ("2026-12-31T03:00:00+03:00", "2026-11-20T20:40:00+03:00", STOPPED),
        ("2026-11-20T06:40:00+03:00", "2026-11-20T20:40:00+03:00", FRESH),
    ],
    ids=["night", "an hour of the schedule", "more", "weekend", "after it", "a month", "clock behind"],
)
def test_silence_counts_only_in_the_hours_in_which_runs_are_scheduled(
    hours: Database, now: str, checked: str, wanted: tuple[str, str | None]
) -> None:
    assert judged(hours, now, checked, checked) == wanted


@pytest.mark.parametrize(
    ("checked", "written", "wanted"),
    [
        ("2026-11-23T06:20:00+03:00", "2026-11-20T20:40:00+03:00", FRESH),  # 40 minutes of the schedule, over a weekend
        ("2026-11-23T06:20:00+03:00", "2026-11-19T10:20:00+03:00", FRESH),  # 10:40 + 15:00 + 0:20
        ("2026-11-23T06:20:00+03:00", "2026-11-19T10:19:59+03:00", SILENT),
        ("2026-11-23T06:20:00+03:00", "2026-11-21T12:00:00+03:00", FRESH),  # written while nobody looked
        ("2026-11-18T06:40:00+03:00", "2026-11-16T10:40:00+03:00", FRESH),
        ("2026-11-18T06:40:01+03:00", "2026-11-16T10:40:00+03:00", SILENT),
        ("2026-11-23T06:20:00+03:00", "2026-10-01T06:20:00+03:00", SILENT),
    ],
)
def test_an_export_ages_only_in_the_hours_in_which_runs_are_scheduled(
    hours: Database, checked: str, written: str, wanted: tuple[str, str | None]
) -> None:
    assert judged(hours, checked, checked, written) == wanted


def test_a_load_a_look_and_the_time_of_the_export_are_distinguished(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    meta = bench.meta()
    bench.run()
    found = dashboard(bench.db)["freshness"]

    assert found == on_map(bench.db)["summary"]["freshness"]
    assert AT(found["loaded_at"]) == AT(meta["loaded_at"])
    assert AT(found["checked_at"]) == AT(bench.meta()["checked_at"])
    assert AT(found["source_last_modified"]) == AT(meta["source_last_modified"])
    assert (found["source_key"], found["source_etag"], found["run_id"]) == ("export001.csv", meta["source_etag"], 1)
    assert found["truncated"] is False


def test_a_truncated_export_says_so(bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("EXPORT STOPPED at 200000 rows", source_updated_at="")])

    assert dashboard(bench.db)["freshness"]["truncated"] is True


def test_content_lags_behind_the_clock_and_days_after_it_are_provisional(bench: Bench) -> None:
    bench.loaded([ticket("T1", source_updated_at="2026-11-19 10:00:00")])
    page = dashboard(bench.db, p_window="custom", p_from="2026-11-17 00:00+03", p_to="2026-11-21 00:00+03")

    assert AT(page["data_as_of"]) == AT("2026-11-19T10:00:00+03:00")
    lag = (AT(page["generated_at"]) - AT(page["data_as_of"])) // timedelta(minutes=1)
    assert page["freshness"]["content_lag_minutes"] == lag
    assert [(row["date"][-2:], row["provisional"]) for row in page["metrics"]["flow"]] == [
        ("17", False),
        ("18", False),
        ("19", True),
        ("20", True),
    ]


def test_a_clock_behind_the_data_has_no_lag(bench: Bench) -> None:
    bench.loaded([ticket("T1", source_updated_at="2199-01-01 00:00:00", created_at_service="2198-01-01 00:00:00")])
    assert dashboard(bench.db)["freshness"]["content_lag_minutes"] is None  # no cell says when
    newest = '{"source_newest": "2199-01-01T00:00:00+00:00"}'
    bench.db.execute("UPDATE tickets.import_meta SET metadata = metadata || %s::jsonb", [newest])
    page = dashboard(bench.db)

    assert page["freshness"]["content_lag_minutes"] == 0
    assert page["open"]["features"][0]["properties"]["age_minutes"] == 0
