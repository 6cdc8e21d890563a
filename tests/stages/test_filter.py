"""Which rows the declaration drops."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetfeed import Drop, is_true
from fleetfeed.stages.filter import feed_filter
from tests.reader.samples import SMALL, awkward_text, changed, row

words = st.sampled_from(
    ["true", " TRUE ", "t", "yes", "1", "false", "0", "", "EXPORT STOPPED", " EXPORT STOPPED: 5000"]
)
cells = st.dictionaries(
    st.sampled_from(["id", "alarm", "status", "other"]), st.none() | words | awkward_text, min_size=1
)


@pytest.mark.parametrize("first", ["id", "status", "other"])
def test_a_sentinel_is_known_by_the_first_cell_whatever_column_that_is(first: str) -> None:
    values = {first: "EXPORT STOPPED after 5000 rows", "id": "INC1", "alarm": "false"} | {first: "EXPORT STOPPED at 1"}
    assert feed_filter(SMALL, row(values)) == "sentinel"


@pytest.mark.parametrize("space", ["", " ", "\t", "\xa0", "\u3000 "])
def test_white_space_before_a_sentinel_does_not_hide_it(space: str) -> None:
    assert feed_filter(SMALL, row({"id": f"{space}EXPORT STOPPED"})) == "sentinel"


@pytest.mark.parametrize("cell", ["export stopped", "The EXPORT STOPPED", "EXPORT  STOPPED"])
def test_other_first_cells_are_no_sentinel(cell: str) -> None:
    assert feed_filter(SMALL, row({"id": cell})) is None


def test_a_sentinel_in_a_later_cell_is_none() -> None:
    assert feed_filter(SMALL, row({"id": "INC1", "status": "EXPORT STOPPED"})) is None


def test_a_feed_without_a_sentinel_has_none() -> None:
    assert feed_filter(changed(sentinel=None), row({"id": "EXPORT STOPPED"})) is None


@pytest.mark.parametrize("word", ["true", "TRUE", " True ", "t", "yes", "Y", "1", "\xa0true"])
def test_every_way_to_say_yes_is_an_alarm(word: str) -> None:
    assert feed_filter(SMALL, row({"id": "INC1", "alarm": word})) == "alarm"


@pytest.mark.parametrize("word", ["false", "no", "0", "", " ", None, "2", "tru", "true.", "null", "alarm"])
def test_anything_else_is_no_alarm(word: str | None) -> None:
    assert feed_filter(SMALL, row({"id": "INC1", "alarm": word})) is None


def test_a_row_without_the_column_is_kept() -> None:
    assert feed_filter(SMALL, row({"id": "INC1"})) is None


def test_the_sentinel_comes_before_the_drops_and_these_in_order() -> None:
    feed = changed(drops=(Drop("status", ("test",), "test"), is_true("alarm", reason="alarm")))
    assert feed_filter(feed, row({"id": "EXPORT STOPPED", "alarm": "true"})) == "sentinel"
    assert feed_filter(feed, row({"id": "1", "alarm": "true", "status": "Test"})) == "test"
    assert feed_filter(feed, row({"id": "1", "alarm": "true", "status": "open"})) == "alarm"


@given(cells)
@example({"id": "\0"})
def test_rows_are_kept_or_dropped_always_for_the_same_known_reason(values: dict[str, str | None]) -> None:
    before = dict(values)
    reason = feed_filter(SMALL, row(values))
    first = next(iter(values.values())) or ""
    if first.strip().startswith("EXPORT STOPPED"):
        assert reason == "sentinel"
    elif (values.get("alarm") or "").strip().lower() in {"true", "t", "yes", "y", "1"}:
        assert reason == "alarm"
    elif not any((cell or "").strip(" \0\n\t\xa0") for cell in values.values()):
        assert reason == "empty record"
    else:
        assert reason is None
    assert feed_filter(SMALL, row(values)) == reason
    assert values == before


def test_a_record_of_empty_cells_is_an_empty_record() -> None:
    feed = changed(nulls=("?",))
    for cells in ({"id": None}, {"id": " ", "status": "\xa0"}, {"id": "?", "status": None, "more": '=""'}):
        assert feed_filter(feed, replace(row(cells), key=None)) == "empty record"
    assert feed_filter(feed, row({"id": None, "status": "open"})) is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"id": "id", "status": "status", "more": "more"}, "repeated header"),
        ({"id": " Ticket\xa0No", "status": "STATUS", "more": None}, "repeated header"),
        ({"id": "Ticket No", "status": "Status", "labels": "labels", "labels_2": "labels"}, "repeated header"),
        ({"id": "id", "status": "open", "more": "more"}, None),
        ({"id": "1", "status": "status"}, None),
    ],
)
def test_a_record_that_repeats_the_header_is_no_ticket(cells: dict[str, str | None], reason: str | None) -> None:
    assert feed_filter(changed(headers={"Ticket No": "id"}), row(cells)) == reason
