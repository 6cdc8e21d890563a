"""Suggestions for names, also for such as nobody typed."""

from __future__ import annotations

import pytest

from fleetfeed.text.suggest import nearest


def test_the_most_similar_name_is_found() -> None:
    assert nearest("statsu", ["status", "state", "x" * 10_000_000]) == "status"


def test_case_makes_no_difference() -> None:
    assert nearest("KILIMANI", ["Kilimani", "Kileleshwa"]) == "Kilimani"


@pytest.mark.parametrize(("name", "known"), [("ab" * 500_000, ["ab" * 400_000]), ("ab", ["ab" * 500_000])])
def test_a_name_of_a_megabyte_is_compared_with_nothing(name: str, known: list[str]) -> None:
    assert nearest(name, known, 0) == ""
