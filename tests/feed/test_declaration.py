"""A declaration that does not hang together is refused, with all that is wrong about it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from fleetfeed import Box, Degrees, Drop, Feed, Moment, Text, Untyped
from fleetfeed.feed.names import RESERVED, TABLE_COLUMNS
from tests.kit import FEED
from tests.reader.samples import SMALL, changed


def problems(**members: Any) -> str:
    with pytest.raises(ValueError, match=r"^feed '") as caught:
        changed(**members)
    return str(caught.value)


@pytest.mark.parametrize("name", ["", "Inc", "1nc", "_inc", "in-c", "in c", "inc\n", "ïnc", "a" * 32, 'inc"; --'])
def test_a_feeds_name_is_a_plain_word(name: str) -> None:
    assert "a feed's name matches" in problems(name=name)


def test_a_name_has_no_mark_of_a_rebuild() -> None:
    assert "'inc__old' has two underscores in a row" in problems(name="inc__old")
    shadow = FEED.shadow
    assert (shadow.name, shadow.fingerprint, FEED.name) == ("inc__rebuild", FEED.fingerprint, "inc")


@pytest.mark.parametrize("name", ["a", "inc", "a" * 31, "inc_2"])
def test_plain_words_are_names(name: str) -> None:
    assert changed(name=name).name == name


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_feed_takes_no_name_of_the_cores_tables(name: str) -> None:
    assert "is not one of" in problems(name=name)


@pytest.mark.parametrize("name", ["", "Status", "two words", "status\n", "1st", "x" * 60, 'a"b'])
def test_a_columns_name_can_be_one_in_sql(name: str) -> None:
    assert f"{name!r} is not a possible column name" in problems(columns=(*SMALL.columns, Text(name)))


@pytest.mark.parametrize("name", sorted(TABLE_COLUMNS))
def test_a_column_takes_no_name_that_every_table_has(name: str) -> None:
    assert f"column {name!r} is one every feed's table has" in problems(columns=(*SMALL.columns, Text(name)))


def test_latitude_and_longitude_are_the_tables_own_but_may_come_as_degrees() -> None:
    assert "column 'latitude' is one every feed's table has" in problems(columns=(*SMALL.columns, Text("latitude")))
    assert changed(columns=(*SMALL.columns, Degrees("latitude"), Untyped("longitude"))).known >= {"latitude"}


CASES: Mapping[str, Mapping[str, Any]] = {
    "there is no time zone 'Mars/Phobos'": {"columns": (*SMALL.columns, Moment("more", zone="Mars/Phobos"))},
    "drop on 'team' for the reason '', which is blank or not printable": {"drops": (Drop("team", ("x",), ""),)},
    "the key ' ' can be no column of an export": {"key": " "},
    "the country Box(south=5, west=1, north=2, east=3) is empty": {"country": Box(5, 1, 2, 3)},
    "column 'team' is declared twice": {"columns": (*SMALL.columns, Moment("team"))},
    "column 'team' is both declared and ignored": {"ignore": ("junk", "team")},
    "the key 'id' is not declared as a column; it is implied": {"columns": (*SMALL.columns, Text("id"))},
    "the key 'id' is ignored": {"ignore": ("id",)},
    "winner 'nowhere' is not a declared Moment": {"winner": ("touched", "nowhere")},
    "winner 'team' is not a declared Moment": {"winner": ("team",)},
    "role 'nobody' is not a declared column": {"roles": replace(SMALL.roles, team="nobody")},
    "role 'never' is not a declared column": {"roles": replace(SMALL.roles, created=("begun", "never"))},
    "role 'north' is not a declared column": {"roles": replace(SMALL.roles, latitude="north")},
    "role 'place' is not a Moment": {"roles": replace(SMALL.roles, closed="place")},
    "role 'mttr' is not a Moment": {"roles": replace(SMALL.roles, created=("mttr",))},
    "the role 'closed_statuses' is missing": {"roles": replace(SMALL.roles, closed_statuses=())},
    "the role 'created' is missing": {"roles": replace(SMALL.roles, closed=None, created=())},
    "the status 'alarm' gets no column": {"roles": replace(SMALL.roles, status="alarm")},
    "bookkeeping 'nothing' is not a declared column": {"bookkeeping": ("seen", "nothing")},
    "drop on 'ghost', which is not declared": {"drops": (Drop("ghost", ("x",), "ghost"),)},
    "the delimiter ';;' is not one character that separates cells": {"delimiter": ";;"},
    "the delimiter '\"' is not one character that separates cells": {"delimiter": '"'},
    "there is no encoding 'utf-9'": {"encoding": "utf-9"},
    "there is no encoding 'base64'": {"encoding": "base64"},
    "the null ' ?' can never be a cell": {"nulls": ("N/A", " ?")},
    "the header 'Team' names the column 'teem', which is not declared": {"headers": {"Team": "teem"}},
    "the header 'team' names the column 'status', but is declared itself": {"headers": {"team": "status"}},
    "the format '%H:%M' of 'more' does not contain year, month and day": {
        "columns": (*SMALL.columns, Moment("more", formats=("%d.%m.%Y", "%H:%M")))
    },
    "the format '%d.%m.%Q' of 'more' is none of strptime's: 'Q' is a bad directive in format '%d.%m.%Q'": {
        "columns": (*SMALL.columns, Moment("more", formats=("%d.%m.%Q",)))
    },
}

TYPES: Mapping[str, Mapping[str, Any]] = {
    "key is 7, and not a text": {"key": 7},
    "drops is 7, and not a tuple of Drops (one alone is written (7,))": {"drops": 7},
    "columns[0] is 'status', and not a Column": {"columns": ("status",)},
    "columns[0].name is 7, and not a text": {"columns": (Text(7),)},  # type: ignore[arg-type]
    "columns[0].fold is 'lower', and not a function or None": {"columns": (Text("a", fold="lower"),)},  # type: ignore[arg-type]
    "columns[0].zone is None, and not a text": {"columns": (Moment("a", zone=None),)},  # type: ignore[arg-type]
    "nulls is ['?'], and not a tuple of texts (write ( ) instead of [ ])": {"nulls": ["?"]},
    "roles is None, and not a Roles": {"roles": None},
    "roles.closed_statuses is 'closed', and not a tuple of texts (one alone is written ('closed',))": {
        "roles": replace(SMALL.roles, closed_statuses="closed")  # type: ignore[arg-type]
    },
    "drops[0] is 7, and not a Drop": {"drops": (7,)},
    "country is (1, 2, 3, 4), and not a Box or None": {"country": (1, 2, 3, 4)},
    "country.south is '1', and not a number": {"country": Box("1", 2, 3, 4)},  # type: ignore[arg-type]
    "aliases is ['x'], and not a dict": {"aliases": ["x"]},
    "headers has ('a', 7), which are not two texts": {"headers": {"a": 7}},
    "revision is True, and not a whole number": {"revision": True},
}


@pytest.mark.parametrize("text", TYPES)
def test_wrong_types_are_reported_before_anything_else(text: str) -> None:
    assert problems(**TYPES[text]) == f"feed 'small': {text}"


@pytest.mark.parametrize("text", CASES)
def test_each_problem_is_named(text: str) -> None:
    assert problems(**CASES[text]).removesuffix(")").split(" (")[0] == f"feed 'small': {text}"


def test_all_problems_are_reported_at_once() -> None:
    reported = problems(name="Small", winner=("team",), bookkeeping=("nothing",))
    assert reported.count("; ") == 2
    assert reported.startswith("feed 'Small': a feed's name")


def test_a_declaration_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SMALL.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("feed", [SMALL, FEED], ids=lambda feed: str(feed.name))
def test_a_feed_pickles(feed: Feed) -> None:
    assert feed.spellings  # cached by now: it has to go along or be made anew
    again = pickle.loads(pickle.dumps(feed))  # noqa: S301 (our own)
    assert again == feed
    assert again.fingerprint == feed.fingerprint
    assert again.spellings == feed.spellings


def test_a_feed_knows_its_columns() -> None:
    assert SMALL.known == {"id", "junk", *(column.name for column in SMALL.columns)}
    assert SMALL.ignored == {"junk"}
    assert {name: spelling("Open") for name, spelling in SMALL.spellings.items()} == {"status": "OPEN"}
