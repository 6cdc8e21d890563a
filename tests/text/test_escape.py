"""What is shown cannot move a cursor, ring a bell, begin a line or turn the direction of writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.text.escape import counted, printable, shortened


@given(st.text() | st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_whatever_it_is_given_can_be_shown(text: str) -> None:
    assert printable(text).isprintable()


@given(st.text().filter(str.isprintable))
def test_what_can_be_shown_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202eCNI", r"\u202eCNI"),
        ("Kilimani «Röhre» 🚒", "Kilimani «Röhre» 🚒"),
    ],
)
def test_each_is_reported_by_its_escape(text: str, reported: str) -> None:
    assert printable(text) == reported


@given(st.text(max_size=60), st.integers(2, 40))
def test_a_long_text_keeps_its_beginning_and_its_end(text: str, longest: int) -> None:
    cut = shortened(text, longest)
    assert cut == text if len(text) <= longest else cut.startswith(text[: longest // 2])
    assert cut.endswith(text[-(longest // 2) :])
    assert len(cut) < longest + 50


def test_one_thing_is_counted_in_the_singular() -> None:
    assert [counted(many, "row", "is/are") for many in (0, 1, 2_000)] == ["0 rows are", "1 row is", "2,000 rows are"]
    assert counted(1, "more record") == "1 more record"
