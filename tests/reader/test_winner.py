"""Of several records with one key the winner is chosen as a few lines of Python would choose it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kit import examples
from tests.reader.samples import read, rows_of, written

HEADER = ("id", "status", "touched", "seen")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)

OLDEST = datetime(1, 1, 1)  # noqa: DTZ001 (an export's times have no zone)
keys = st.sampled_from(["1", "2", " 1", "1\xa0", "\u30002\t", "", " ", "1 1"])
VALID = (
    "2026-11-19 10:00,2026-11-19 10:00:00,2026-11-19T10:00:00.000001, 2026-11-19 10:00:01 ,\xa02026-11-19 10:01,"
    "2026-12-01 00:00,1999-12-31 23:59:59.999999,2199-12-31 23:59"
)
INVALID = (
    ",2026-02-30 10:00,2026-13-01 10:00,2026-11-19,2026-11-19 24:00,2026-11-19 10:60,19.11.2026 10:00,now,infinity,"
    "2026-11-19 10:00:60,2026-11-19 10:00Z,2026-11-19  10:00,9999-12-31 23:59,0001-01-01 00:00,2026-11-19 10:00+03"
)
times = st.sampled_from([*VALID.split(","), *INVALID.split(",")])


def time(cell: str) -> datetime:
    """Read a time; an invalid one is older than any other."""
    text = cell.strip()
    if not _TIME.fullmatch(text) or not "1970" <= text[:4] <= "2199":
        return OLDEST
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return OLDEST


def winners(rows: list[tuple[str, str, str]]) -> list[int]:
    best: dict[str, int] = {}
    keyless = []
    for number, (key, *_) in enumerate(rows):
        if not key.strip():
            keyless.append(number)
            continue
        other = best.setdefault(key.strip(), number)
        if [time(cell) for cell in rows[number][1:]] >= [time(cell) for cell in rows[other][1:]]:
            best[key.strip()] = number
    return sorted([*keyless, *best.values()])


@settings(max_examples=examples(6))
@given(st.lists(st.tuples(keys, times, times), max_size=40))
@example([("1", "9999-12-31 23:59", ""), ("1", "2026-11-19 10:00", "")])
def test_the_winner_is_the_latest_then_the_latest_seen_then_the_later_line(rows: list[tuple[str, str, str]]) -> None:
    expected = winners(rows)
    content = written(HEADER, [(key, str(number), *moments) for number, (key, *moments) in enumerate(rows)])
    with read(content) as export:
        assert [row.values["status"] for row in export.compare(None).changed()] == [str(number) for number in expected]
        assert export.superseded == len(rows) - len(expected)


@pytest.mark.parametrize("invalid", ["", "2026-02-30 10:00", "tomorrow", "9999-12-31 23:59", "2026-11-19 24:00"])
def test_any_time_wins_over_none(invalid: str) -> None:
    rows = rows_of(written(HEADER, [("1", "old", "1971-01-01 00:00", ""), ("1", "none", invalid, "2026-11-19 10:00")]))
    assert [row.values["status"] for row in rows] == ["old"]


def test_equal_times_leave_it_to_the_later_line() -> None:
    time = "2026-11-19 10:00"
    rows = rows_of(written(HEADER, [("1", "a", time, time), ("1", "b", time, time + ":00"), ("2", "c", "", "")]))
    assert [row.values["status"] for row in rows] == ["b", "c"]


def test_records_without_a_key_do_not_compete() -> None:
    rows = rows_of(written(HEADER, [("", "a", "", ""), (" ", "b", "", ""), ("\xa0", "c", "", "")]))
    assert [(row.key, row.values["status"]) for row in rows] == [(None, "a"), (None, "b"), (None, "c")]


def test_without_winner_columns_in_the_file_the_later_line_wins() -> None:
    assert [row.values["status"] for row in rows_of(b"id,status\n1,a\n2,b\n1,c\n")] == ["b", "c"]
