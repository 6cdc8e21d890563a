"""Times with an offset stay instants, and a text that could be two values is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Degrees, Moment, Whole
from fleetfeed.feed import Feed
from fleetfeed.feed.problems import BadDeclaration
from fleetfeed.stages.normalise import feed_normalise
from fleetfeed.text.forms import utc_time
from fleetfeed.text.parse import clean
from tests.kit import examples
from tests.reader.samples import SMALL, read, rows_of, written

ISO = "%Y-%m-%dT%H:%M:%S%z"
ZONES = ["Europe/Berlin", "Africa/Nairobi", "America/St_Johns", "Australia/Lord_Howe", "UTC"]
HEADER = ("id", "place", "touched")

# Hours around the changes of the clocks in all of these zones, and any others.
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 29), (10, 25), (3, 8), (11, 1), (4, 4), (10, 3))
]
near_changes = st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-900, 2200)
)
instants = near_changes | st.datetimes(datetime(1972, 1, 1), datetime(2198, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def zoned(zone: str, *formats: str) -> Feed:
    columns = (
        Moment("touched", zone=zone, formats=formats or (ISO,)),
        *(c for c in SMALL.columns if c.name != "touched"),
    )
    return replace(SMALL, columns=columns)


@settings(max_examples=examples(10))
@given(st.lists(st.tuples(instants, offsets), min_size=1, max_size=6), st.sampled_from(ZONES))
def test_the_latest_instant_wins_in_every_zone(times: list[tuple[datetime, timezone]], zone: str) -> None:
    cells = [at.astimezone(offset).isoformat().replace("+00:00", "Z") for at, offset in times]
    content = written(HEADER, [("T1", str(number), cell) for number, cell in enumerate(cells)])
    feed = zoned(zone)
    (row,) = rows_of(content, feed)
    latest = max(range(len(times)), key=lambda number: (times[number][0], number))
    assert (row.values["place"], row.values["touched"]) == (str(latest), cells[latest])
    assert feed_normalise(feed, row).raw["touched"] == cells[latest]
    with read(content, feed) as export:
        assert export.newest == max(at for at, _ in times)


@pytest.mark.parametrize(
    ("cell", "spelt"),
    [
        ("25/10/2026 02:30 +0200", "2026-10-25 02:30:00+02:00"),
        ("25/10/2026 02:30 +0100", "2026-10-25 02:30:00+01:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T00:30:00.5+05:30", "2026-10-25T00:30:00.5+05:30"),
        ("2026-10-25 02:30", "2026-10-25 02:30:00"),
        ("soon", "soon"),
    ],
)
def test_an_offset_stays_in_raw(cell: str, spelt: str) -> None:
    formats = (ISO, "%Y-%m-%dT%H:%M:%S.%f%z", "%d/%m/%Y %H:%M %z", "%Y-%m-%d %H:%M")
    spell = Moment("at", zone="Europe/Berlin", formats=formats).spelling
    assert spell is not None
    assert spell(cell) == spelt


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-25 01:59:59", "2026-10-24 23:59:59"),
        ("2026-10-25 02:30", "2026-10-25 01:30:00"),  # comes twice: the second one
        ("2026-03-29 02:30", "2026-03-29 01:30:00"),  # is skipped
        ("2026-10-25 02:30+02", "2026-10-25 00:30:00"),
        ("2026-10-25 02:30 -0130", "2026-10-25 04:00:00"),
        ("1969-10-25 02:30", None),
        ("2026-02-30T02:30:00Z", None),
        ("2026-10-25 02:30+25:00", None),
        ("2026-10-25", None),
    ],
)
def test_a_time_is_read_in_utc(text: str, expected: str | None) -> None:
    assert utc_time(text, "Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("cell", "cleaned"),
    [
        ('="0012"', "0012"),
        ('  ="say ""hi"""', 'say "hi"'),
        ('=""', None),
        ('=" "', None),
        ("=1+1", "=1+1"),
        ('="a"&"b"', '="a"&"b"'),
    ],
)
def test_a_text_that_a_spreadsheet_wraps_is_unwrapped(cell: str, cleaned: str | None) -> None:
    assert clean(cell) == cleaned
    content = written(("id", "status", "touched"), [(cell, "open", '="2026-11-20 10:00"')])
    with read(content) as export:
        assert export.newest is not None
        (row,) = export.compare(None).changed()
        assert row.key == cleaned
        if cleaned:
            assert feed_normalise(SMALL, row).key == cleaned


def test_wrapped_and_plain_keys_are_one_ticket() -> None:
    with read(b'id,status\n"=""0012""",open\n0012,closed\n="0012",closed\n') as export:
        assert export.superseded == 2


@pytest.mark.parametrize(
    ("cell", "spelt"), [("36,8219", "36.8219"), ("-1,29", "-1.29"), ("36.8", "36.8"), ("1,2,3", "1,2,3")]
)
def test_a_decimal_comma_of_a_coordinate_is_read(cell: str, spelt: str) -> None:
    spell = Degrees("longitude", decimal=",").spelling
    assert spell is not None
    assert spell(cell) == spelt


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (Whole("mttr", decimal=";"), "decimal sign"),
        (Whole("mttr", decimal=",", thousands=","), "thousands sign"),
        (Whole("mttr", decimal=",", thousands="_"), "thousands sign"),
        (Whole("mttr", thousands="."), "no decimal sign"),
        (Degrees("longitude", decimal="x"), "decimal sign"),
        (Moment("touched", formats=("%Y-%m-%d %H:%M %Z",)), "%Z, which reads a name but no offset"),
    ],
)
def test_a_convention_that_cannot_be_is_refused(column: Whole | Degrees | Moment, why: str) -> None:
    with pytest.raises(BadDeclaration, match=why):
        replace(SMALL, columns=(column, *(item for item in SMALL.columns if item.name != column.name)))
