"""Which position of a unit counts, and what the tables refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.database import Database, connect
from fleetfeed.errors import DatabaseError
from tests.kit import examples
from tests.units.conftest import Take, fix


def known(db: Database) -> dict[str, tuple[float, float, str]]:
    return {
        unit: (latitude, longitude, at.isoformat())
        for unit, latitude, longitude, at in db.all("SELECT unit, latitude, longitude, at FROM tickets.unit_positions")
    }


def test_a_newer_position_replaces_an_older_one_and_never_the_reverse(units: Database, take: Take) -> None:
    assert take(fix(at="2026-11-20T08:00:00+03:00")) == ["taken"]
    assert take(fix(at="2026-11-20T07:59:59+03:00", latitude=-1.5)) == ["older"]
    assert take(fix(at="2026-11-20T08:00:00+03:00", latitude=-1.5)) == ["older"]
    assert take(fix(at="2026-11-20T08:00:01+03:00", latitude=-1.28, accuracy_m=4)) == ["taken"]
    assert known(units) == {"van-1": (-1.28, 36.8, "2026-11-20T05:00:01+00:00")}


def test_the_newest_of_a_list_counts_whatever_its_order(units: Database, take: Take) -> None:
    times = [f"2026-11-20T08:0{minute}:00+03:00" for minute in (1, 3, 2)]
    assert take(*(fix(at=at) for at in times)) == ["older", "taken", "older"]
    assert known(units)["van-1"][2] == "2026-11-20T05:03:00+00:00"


def test_what_cannot_be_taken_is_named_and_does_not_hinder_the_rest(units: Database, take: Take) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=90)).isoformat()
    future = (datetime.now(UTC) + timedelta(minutes=3)).isoformat()
    assert take(fix("van-9"), fix("van-2", at=future), fix("van-3", latitude=36.8, longitude=-1.29), fix(at=soon)) == [
        "unknown unit",
        "future",
        "outside",
        "taken",
    ]
    assert [*known(units)] == ["van-1"]


@pytest.mark.parametrize(("latitude", "longitude"), [(0, 0), (91, 36.8), (-1.29, 181), ("NaN", 36.8)])
@pytest.mark.parametrize("country", ["country", "NULL"])
def test_what_is_no_place_is_outside_of_every_country(
    units: Database, take: Take, latitude: object, longitude: float, country: str
) -> None:
    units.execute(f"UPDATE tickets.feed_schemas SET country = {country}")
    assert take(fix("van-2", latitude=latitude, longitude=longitude), fix()) == ["outside", "taken"]
    assert [*known(units)] == ["van-1"]


def test_without_a_country_of_any_feed_nothing_is_outside(units: Database, take: Take) -> None:
    units.execute("UPDATE tickets.feed_schemas SET country = NULL")
    assert take(fix(latitude=36.8, longitude=-1.29)) == ["taken"]


def test_no_units_and_no_positions_are_nothing_special(db: Database) -> None:
    assert db.all("SELECT * FROM tickets.take_positions('[]', 'test')") == []
    assert db.one("SELECT reporting.fn_units()")["units"] == []


_FIXES = st.lists(st.tuples(st.sampled_from(["van-1", "van-2"]), st.integers(0, 5)), max_size=6)


@settings(max_examples=examples(4))
@given(lists=st.lists(_FIXES, max_size=4))
def test_after_any_lists_each_units_newest_position_is_known(
    units: Database, take: Take, lists: list[list[tuple[str, int]]]
) -> None:
    units.execute("DELETE FROM tickets.unit_positions")
    for fixes in lists:
        take(*(fix(unit, at=f"2026-11-20T05:0{minute}:00+00:00") for unit, minute in fixes))
    newest: dict[str, int] = {}
    for unit, minute in (one for fixes in lists for one in fixes):
        newest[unit] = max(minute, newest.get(unit, 0))
    assert {unit: at for unit, (_, _, at) in known(units).items()} == {
        unit: f"2026-11-20T05:0{minute}:00+00:00" for unit, minute in newest.items()
    }


def test_two_who_send_at_once_do_not_block_each_other(units: Database, url: str) -> None:
    units.execute("INSERT INTO tickets.units (unit) SELECT 'u' || n FROM generate_series(1, 200) AS n")
    failed: list[Exception] = []

    def send(turn: Callable[[list[Any]], list[Any]]) -> None:
        try:
            with connect(url, "send") as db:
                for minute in range(10):
                    fixes = [fix(f"u{n}", at=f"2026-11-20T05:{minute:02}:00+00:00") for n in range(1, 201)]
                    db.all("SELECT * FROM tickets.take_positions(%s::jsonb, 'x')", [json.dumps(turn(fixes))])
        except DatabaseError as error:
            failed.append(error)

    threads = [Thread(target=send, args=[turn]) for turn in (list, lambda fixes: fixes[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {at for *_, at in known(units).values()} == {"2026-11-20T05:09:00+00:00"}


@pytest.mark.parametrize(
    "members",
    [
        {"latitude": None},
        {"at": None},
        {"at": "infinity"},
        {"accuracy_m": -1},
        {"accuracy_m": "NaN"},
        {"accuracy_m": "Infinity"},
    ],
    ids=str,
)
def test_the_database_itself_refuses_what_makes_no_sense(units: Database, take: Take, members: dict[str, Any]) -> None:
    units.execute("UPDATE tickets.feed_schemas SET country = NULL")
    if members.get("at") == "infinity":
        assert take(fix(**members)) == ["future"]
        return
    with pytest.raises(DatabaseError, match=r"violates (check|not-null) constraint"):
        take(fix("van-2"), fix(**members))
    assert known(units) == {}


@pytest.mark.parametrize(
    "values",
    [
        "(' van') ",
        "('')",
        "(NULL)",
        "('v', 'boat')",
        "('v', 'van', -1.2)",
        "('v', 'van', -1.2, 236.8)",
        "('v', 'van', -1.2, 36.8, 0)",
        "('v', 'van', -1.2, 36.8, 3, '2026-11-20', '2026-11-20')",
    ],
)
def test_a_unit_that_makes_no_sense_is_refused(db: Database, values: str) -> None:
    names = ["unit", "kind", "home_latitude", "home_longitude", "max_tickets", "shift_begin", "shift_end"]
    listed = ", ".join(names[: values.count(",") + 1])
    with pytest.raises(DatabaseError, match=r"violates (check|not-null) constraint"):
        db.execute(f"INSERT INTO tickets.units ({listed}) VALUES {values}")


@pytest.mark.parametrize(
    ("kind", "ticket", "unit", "fits"),
    [
        ("pin", "T1", "van-1", True),
        ("pin", "T1", None, False),
        ("not", "T1", "van-1", True),
        ("not", None, "van-1", False),
        ("off", None, "van-1", True),
        ("off", "T1", None, True),
        ("off", "T1", "van-1", False),
        ("off", None, None, False),
        ("maybe", "T1", "van-1", False),
    ],
)
def test_a_hold_names_what_it_is_about(
    units: Database, kind: str, ticket: str | None, unit: str | None, fits: bool
) -> None:
    sql = (
        "INSERT INTO tickets.dispatch_holds (kind, feed, ticket_id, unit, until, by, why) "
        "VALUES (%s, CASE WHEN %s::text IS NOT NULL THEN 'inc' END, %s, %s, now() + %s::interval, 'A', 'ill')"
    )
    if not fits:
        with pytest.raises(DatabaseError, match="violates check constraint"):
            units.execute(sql, [kind, ticket, ticket, unit, "1 hour"])
        return
    units.execute(sql, [kind, ticket, ticket, unit, "1 hour"])
    with pytest.raises(DatabaseError, match="violates check constraint"):
        units.execute(sql, [kind, ticket, ticket, unit, "-1 hour"])
