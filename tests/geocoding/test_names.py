"""What is asked for: a name without the codes of the network, and nothing else of it lost."""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.geocoding import queries
from fleetfeed.text.parse import location_key
from tests.kit import FEED


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Moi Avenue, Kilimani [OLT-07/GPON 3]", "Moi Avenue, Kilimani"),
        ("Jogoo Rd [FAT 12]", "Jogoo Rd"),
        ("Waiyaki Way (olt-02 / gpon 0/1/3)", "Waiyaki Way"),
        ("Waiyaki Way [OLT-02/GPON 11", "Waiyaki Way"),  # cut off by the exporter
        ("Kilimani(OLT-07)", "Kilimani"),
        ("Moi Ave [OLT-07] [GPON 3]", "Moi Ave"),
        ("Moi Ave - OLT07, FAT 3A", "Moi Ave"),
        ("OLT 7 - Moi Avenue", "Moi Avenue"),
        ("GPON 0/1/3: Yaya Centre [FAT 9]", "Yaya Centre"),
        ("Nyayo Estate\nCourt 42", "Nyayo Estate Court 42"),
        ("[OLT-07/GPON 3] Moi Avenue", "Moi Avenue"),
        ("(FAT 12) Jogoo Rd", "Jogoo Rd"),
        ("FAT 12, FAT 13 / Jogoo Rd", "Jogoo Rd"),
    ],
)
def test_codes_of_the_network_are_taken_off(name: str, asked: str) -> None:
    assert queries.of_location(FEED, location_key(name) or "") == asked


@pytest.mark.parametrize(
    "name",
    [
        *("A1 Plaza", "KCB Nairobi", "Fat Cow Grill", "Olt House", "24 Seven Mall", "Route 4", "Pontoon 5", "Solt 12"),
        *("Splendour 3", "Platform 9", "Block C", "hse 14", "Gate B [blue]", "OLT Towers", "Moi Avenue, OLT-7 Plaza"),
        *("Fat 8 Kitchen", "OLT-7 Plaza, Ngong Rd", "Pon 9 Apartments [blue]"),
    ],
)
def test_real_names_survive(name: str) -> None:
    assert queries.of_location(FEED, name) == name


@pytest.mark.parametrize(
    "name", ["OLT-07", "[OLT-07/GPON 3]", "FAT 12 FAT 13", "B2", " ", "", "[FAT 1] A", "\u200b\u200b\u200b"]
)
def test_a_name_of_which_nothing_is_left_is_not_asked_for(name: str) -> None:
    assert queries.of_location(FEED, location_key(name) or "") is None


def test_a_name_longer_than_any_is_not_asked_for() -> None:
    assert queries.of_location(FEED, "x" * 500) == "x" * 500
    assert queries.of_location(FEED, "x" * 501) is None
    assert queries.of_location(FEED, "Moi Avenue" + " [FAT 7]" * 70) is None  # it would be its row's key as it stands
    assert queries.of_cluster(FEED, "x" * 500) == "x" * 500
    assert queries.of_cluster(FEED, "x" * 501) is None
    assert queries.of_cluster(replace(FEED, aliases={"long": "x" * 501}), "long") is None


def test_a_name_of_nothing_but_separators_takes_no_time() -> None:
    pattern = queries._patterns(FEED.codes)[0]  # without the limit of length, which hides how the time grows
    began = process_time()
    assert pattern.search("-" * 100_000) is None
    assert process_time() - began < 1  # in 2,000 × as much where each separator is a beginning


@pytest.mark.parametrize(
    ("cluster", "asked"),
    [
        ("QOA", "Quarry Road"),
        ("PTMP", "Pipeline"),
        ("Kilimani", "Kilimani"),
        ("  South\u00a0C ", "South C"),
        ("K1", None),
    ],
)
def test_a_cluster_is_asked_for_by_its_name_on_maps(cluster: str, asked: str | None) -> None:
    assert queries.of_cluster(FEED, cluster) == asked


WORDS = st.sampled_from([*("OLT", "gpon", "FAT", "Moi", "Avenue", "A1", "Plaza"), *"[](/-, ", "7", "03"])
PIECES = st.lists(WORDS, max_size=20)
NAMES = st.one_of(st.text(max_size=60), PIECES.map("".join), PIECES.map(" ".join))


@given(NAMES)
def test_what_is_asked_for_is_a_part_of_the_name_as_it_stands(name: str) -> None:
    key = location_key(name) or ""
    asked = queries.of_location(FEED, key)
    assert asked is None or (asked in key and len(asked) >= 3 and asked == asked.strip())


@given(NAMES)
def test_taking_codes_off_twice_is_taking_them_off_once(name: str) -> None:
    asked = queries.of_location(FEED, location_key(name) or "")
    assert asked is None or queries.of_location(FEED, asked) == asked


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=60))
def test_a_name_without_a_digit_loses_nothing(name: str) -> None:
    key = location_key(name) or ""
    assert queries.of_location(FEED, key) == (key if len(key) >= 3 else None)


@given(st.text(max_size=40), st.sampled_from(["", "\u00a0", "\u200b", "  ", "\t", "\n"]))
def test_the_spelling_of_spaces_makes_no_difference(name: str, space: str) -> None:
    assert location_key(f"{space}{name}{space}") == location_key(name)


@given(NAMES)
def test_a_feed_without_codes_asks_for_the_whole_name(name: str) -> None:
    key = location_key(name) or ""
    assert queries.of_location(replace(FEED, codes=()), key) == (key if len(key) >= 3 else None)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [("OLT-\\d+", "begins with no"), ("^\\d*", "matches nothing"), ("^(", "is no pattern"), ("x?$", "matches nothing")],
)
def test_a_code_that_could_be_part_of_a_name_is_refused(code: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        replace(FEED, codes=(code,))
