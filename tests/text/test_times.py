"""Times for people: one form."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fleetfeed.text.times import moment

NAIROBI = ZoneInfo("Africa/Nairobi")


@pytest.mark.parametrize(
    ("time", "zone", "shown"),
    [
        (datetime(2026, 11, 24, 6, tzinfo=UTC), None, "2026-11-24 06:00 UTC"),
        (datetime(2026, 11, 24, 6, tzinfo=UTC), NAIROBI, "2026-11-24 09:00 EAT"),
        ("2026-11-24T06:00:00.5+00:00", None, "2026-11-24 06:00 UTC"),
        ("2026-11-24T09:00:00+03:00", None, "2026-11-24 09:00 UTC+03:00"),
        ("2026-11-24T09:00:00+03:00", NAIROBI, "2026-11-24 09:00 EAT"),
        ("2026-11-24T09:00:00", None, "2026-11-24 09:00"),
    ],
)
def test_a_time_has_its_zone_and_no_seconds(time: datetime | str, zone: ZoneInfo | None, shown: str) -> None:
    assert moment(time, zone) == shown


def test_seconds_are_shown_where_two_times_are_compared() -> None:
    assert moment("2026-11-24T06:00:07.9+00:00", NAIROBI, seconds=True) == "2026-11-24 09:00:07 EAT"
