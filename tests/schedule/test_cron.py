"""When a schedule runs: its ticks, its hours and its weekdays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.config.loader import load_settings
from fleetfeed.errors import ConfigError
from fleetfeed.schedule.cron import hours_of, read
from tests.kit import ROOT

ALL_HOURS, ALL_DAYS = tuple(range(24)), tuple(range(7))


@pytest.mark.parametrize(
    ("schedule", "hours", "weekdays"),
    [
        (None, ALL_HOURS, ALL_DAYS),
        ("* * * * *", ALL_HOURS, ALL_DAYS),
        ("*/20 6-20 * * *", tuple(range(6, 21)), ALL_DAYS),
        ("0 6 1 * *", (6,), ALL_DAYS),
        ("0 */6 * * *", (0, 6, 12, 18), ALL_DAYS),
        ("0 20/2 * * *", (20, 22), ALL_DAYS),
        ("0 6-12/3,23 * * 1-5", (6, 9, 12, 23), (1, 2, 3, 4, 5)),
        ("0 6 * * Mon,wed-FRI", (6,), (1, 3, 4, 5)),
        ("0 6 * * 7", (6,), (0,)),
        ("0 6 * * 5-7", (6,), (0, 5, 6)),
        ("0 6 * * 0", (6,), (0,)),
    ],
)
def test_hours_and_weekdays_are_read_as_cron_reads_them(
    schedule: str | None, hours: tuple[int, ...], weekdays: tuple[int, ...]
) -> None:
    assert hours_of(schedule) == (hours, weekdays)


@pytest.mark.parametrize(
    ("schedule", "why", "how"),
    [
        ("", "it has 0 fields, not five", "with five fields"),
        ("hourly", "it has 1 field, not five", "with five fields"),
        ("* * * *", "it has 4 fields, not five", "with five fields"),
        ("0 0 0 * * *", "it has 6 fields, not five", "with five fields"),
        ("60 * * * *", "its minute is '60'", "(minute: 0 to 59"),
        ("*/20 6-25 * * *", "its hour is '6-25'", "(hour: 0 to 23"),
        ("* 20-6 * * *", "its hour is '20-6'", "(hour: 0 to 23"),
        ("* */0 * * *", "its hour is '*/0'", "(hour: 0 to 23"),
        ("* 6- * * *", "its hour is '6-'", "(hour: 0 to 23"),
        ("* x 0 * *", "its hour is 'x'", "(hour: 0 to 23"),
        ("* 6 0 * *", "its day of the month is '0'", "(day of the month: 1 to 31"),
        ("* 6 * 13 *", "its month is '13'", "(month: 1 to 12"),
        ("* 6 * * 8", "its weekday is '8'", "(weekday: 0 to 7"),
    ],
)
def test_a_bad_schedule_is_refused_with_its_feed_and_field(schedule: str, why: str, how: str) -> None:
    with pytest.raises(ConfigError) as refused:
        hours_of(schedule, "inc")
    assert refused.value.cause == f"The schedule {schedule!r} of feed inc cannot be read: {why}."
    assert how in refused.value.next_step


@pytest.mark.parametrize("schedule", ["0 0 30 2 *", "0 0 31 4,6 *", "0 0 */29 2 MON#5"])
def test_a_schedule_day_that_never_comes_is_reported(schedule: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(schedule, "Africa/Nairobi", "inc")
    assert refused.value.cause == f"The schedule {schedule!r} of feed inc never comes."


@pytest.mark.parametrize(
    ("schedule", "hours", "weekdays"),
    [
        ("0 6 1 * 1", (6,), ALL_DAYS),
        ("0 6 * * 5L", (6,), (5,)),
        ("0 6 * * 1#2,7", (6,), (0, 1)),
    ],
    ids=["a day of the month or a weekday", "the last Friday", "the second Monday and all Sundays"],
)
def test_weekdays_are_all_on_which_a_run_may_fall(
    schedule: str, hours: tuple[int, ...], weekdays: tuple[int, ...]
) -> None:
    assert hours_of(schedule) == (hours, weekdays)


def test_a_schedule_is_meant_in_the_zone_of_the_project() -> None:
    ticks = read("*/20 6-20 * * *", "Africa/Nairobi").ticks(datetime(2026, 11, 24, 17, 39, tzinfo=UTC))
    assert [next(ticks).astimezone(UTC).isoformat()[:16] for _ in range(2)] == ["2026-11-24T17:40", "2026-11-25T03:00"]


def test_the_line_for_a_scheduler_in_utc_means_the_same_45_runs_a_day() -> None:
    day = datetime(2026, 11, 24, tzinfo=UTC)
    ours = list(islice(read("*/20 6-20 * * *", "Africa/Nairobi").ticks(day), 100))
    theirs = list(islice(read("*/20 3-17 * * *", "UTC").ticks(day), 100))
    assert [tick.astimezone(UTC) for tick in ours] == theirs
    assert len([tick for tick in ours if tick.date() == ours[0].date()]) == 45
    assert f"{ours[44]:%H:%M}" == "20:40"


def test_monday_is_1_as_in_cron() -> None:
    assert f"{next(read('0 6 * * 1', 'UTC').ticks(datetime(2026, 11, 28, tzinfo=UTC))):%a}" == "Mon"


def test_an_hour_that_a_zone_shows_twice_is_no_second_day() -> None:
    autumn = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # in Berlin 02:00 to 03:00 comes twice
    hourly = read("30 * * * *", "Europe/Berlin")
    assert [f"{tick.astimezone(UTC):%H:%M}" for tick in islice(hourly.ticks(autumn), 3)] == ["00:30", "01:30", "02:30"]
    assert hourly.came_due(autumn, datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert not hourly.came_due(autumn, datetime(2026, 10, 25, 0, 29, tzinfo=UTC))
    berlin = ZoneInfo("Europe/Berlin")  # 02:45, when 02:30 comes again
    assert not hourly.came_due(autumn.replace(hour=0, minute=45, day=25), datetime(2026, 10, 25, 2, 50, tzinfo=berlin))


# Near the two days of each year on which a zone's clocks change.
CHANGES = [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Nairobi"]


@given(
    minute=st.sampled_from(["0", "30", "*/20", "5-50/15", "*"]),
    hour=st.sampled_from(["*", "2", "1-3", "*/2", "0-23"]),
    zone=st.sampled_from(ZONES),
    change=st.sampled_from(CHANGES),
    apart=st.integers(-7_200, 36_000),
)
def test_ticks_are_after_the_given_moment_and_ascending(
    minute: str, hour: str, zone: str, change: datetime, apart: int
) -> None:
    after = change + timedelta(seconds=apart)
    ticks = [tick.astimezone(UTC) for tick in islice(read(f"{minute} {hour} * * *", zone).ticks(after), 30)]
    assert [(a, b) for a, b in pairwise([after, *ticks]) if a >= b] == []


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("*/20 6-20 * * *", timedelta(minutes=20)),
        ("10 6-20 * * *", timedelta(hours=1)),
        ("0 6,18 * * *", timedelta(hours=1)),
        ("0 6 * * 1-5", timedelta(hours=1)),
        ("0 6 1 * *", timedelta(hours=31)),
        ("30 6,7 * * *", timedelta(hours=1)),
        ("0,5 6 * * *", timedelta(minutes=55)),
        ("0 6 1 */2 *", timedelta(days=62)),  # of more than a month all of it counts
        ("0 0 29 2 *", timedelta(days=1461)),
    ],
)
def test_the_longest_gap_counts_only_the_hours_of_the_schedule(schedule: str, gap: timedelta) -> None:
    assert read(schedule, "Africa/Nairobi").longest_gap() == gap


@pytest.mark.parametrize("schedule", ["30 * * * *", "*/30 1-3 * * *", "30 2 * * *", "0 0-23 * * *"])
def test_in_the_hour_that_comes_twice_no_run_is_lost(schedule: str) -> None:
    autumn = datetime(2026, 10, 24, 21, 59, tzinfo=UTC)  # before midnight in Berlin; the day has 25 hours
    day = [tick for tick in islice(read(schedule, "Europe/Berlin").ticks(autumn), 60) if f"{tick:%d}" == "25"]
    ordinary = [tick for tick in islice(read(schedule, "Africa/Nairobi").ticks(autumn), 60) if f"{tick:%d}" == "26"]
    assert {f"{tick:%H:%M}" for tick in day} == {f"{tick:%H:%M}" for tick in ordinary}


def test_a_pause_of_months_is_found_whatever_comes_before_it() -> None:
    assert read("*/5 6-20 * 11,12 *", "Africa/Nairobi").longest_gap() > timedelta(days=300)


def test_no_feed_of_the_project_is_taken_for_stopped_for_one_missed_run() -> None:
    settings = load_settings(ROOT, env={}).settings
    for feed in settings.feeds.values():
        assert feed.schedule
        assert 2 * read(feed.schedule, settings.project.timezone).longest_gap() < feed.freshness.checked_after
