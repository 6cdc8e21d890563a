"""In which hours and on which weekdays a schedule runs."""

from __future__ import annotations

import pytest

from fleetfeed.errors import ConfigError
from fleetfeed.schedule import hours_of

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
    "schedule",
    ["", "hourly", "* * * *", "* 24 * * *", "* 20-6 * * *", "* */0 * * *", "* 6- * * *", "* 6 * * 8", "* x * * *"],
)
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as refused:
        hours_of(schedule)
    assert "five fields" in refused.value.next_step
