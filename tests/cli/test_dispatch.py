"""`fleetfeed dispatch` and `fleetfeed holds`."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.cli.site import Site
from tests.kit import ZONE, Bench, ticket


@pytest.fixture
def fleet(site: Site, bench: Bench) -> Site:
    """Two units at home, and three open tickets, one of them without a place."""
    bench.loaded(
        [
            ticket("INC1", latitude="-1.291", longitude="36.80"),
            ticket("INC2", latitude="-1.31", longitude="36.82"),
            ticket("INC3", cluster="", location_name=""),
        ]
    )
    bench.db.execute(
        "INSERT INTO tickets.units (unit, home_latitude, home_longitude) "
        "VALUES ('van-1', -1.31, 36.82), ('van-2', -1.29, 36.80)"
    )
    return site


def test_a_plan_names_pairs_leftovers_and_reasons(fleet: Site) -> None:
    result = fleet("dispatch", "inc")
    assert result.code == 3  # the export is of another year
    lines = result.out.splitlines()
    assert lines[0].startswith("CAUTION: The tickets are stale")
    assert re.fullmatch(r"Made 20\d\d-\d\d-\d\d \d\d:\d\d EAT of tickets as of 2026-11-19 10:00 EAT\.", lines[1])
    assert lines[2].startswith("2 of 2 units take 2 of 3 open tickets;")
    assert lines[3].startswith("  van-1 → INC2, Moi Avenue, Kilimani")
    assert "0.0 km, straight line" in lines[3]
    assert lines[4] == "      careful: the unit has reported no position: it is assumed at home"
    assert lines[-1] == "  1 ticket: no place (INC3)"


def test_of_a_big_fleet_only_some_idle_units_are_listed(fleet: Site) -> None:
    fleet.rows("INSERT INTO tickets.units (unit, on_duty) SELECT 'spare-' || n, false FROM generate_series(1, 60) AS n")
    lines = fleet("dispatch", "inc").out.splitlines()
    assert len([line for line in lines if "stays (off duty" in line]) == 50
    assert "  10 more units stay: --json lists all" in lines


def test_a_saved_plan_is_what_the_next_one_keeps_to(fleet: Site) -> None:
    saved = fleet("dispatch", "inc", "--json", "--save").document
    assert saved["plan_id"] == 1
    again = fleet("dispatch", "inc", "--json").document
    assert all("as in the last saved plan" in each["reasons"] for each in again["assignments"])


def test_without_units_import_is_the_next_step(site: Site) -> None:
    assert site("dispatch", "inc").out.splitlines()[-1] == "There are no units. Next: fleetfeed units import FILE"


def test_a_saved_plan_keeps_no_positions(fleet: Site) -> None:
    saved = "Saved as plan 1; the next one differs only where that saves enough."
    assert fleet("dispatch", "inc", "--save").out.splitlines()[-1] == saved
    pairs = [
        {"unit": "van-1", "ticket_id": "INC2", "stop": 1},
        {"unit": "van-2", "ticket_id": "INC1", "stop": 1},
    ]
    assert fleet.rows("SELECT plan FROM tickets.dispatch_plans") == [({"assignments": pairs},)]


@pytest.mark.parametrize("form", ["--csv", "--geojson"])
def test_a_file_holds_the_plan_alone_and_stderr_says_that_it_is_saved(fleet: Site, form: str) -> None:
    result = fleet("dispatch", "inc", form, "--save")
    assert "Saved as plan 1;" in result.err
    assert "Saved" not in result.out


def test_a_part_is_shown_and_the_whole_plan_is_saved(fleet: Site) -> None:
    saved = fleet("dispatch", "inc", "--json", "--save", "--unit", "van-1").document
    assert [each["unit"] for each in saved["assignments"]] == ["van-1"]
    again = fleet("dispatch", "inc", "--json").document
    assert [each["reasons"][-1] for each in again["assignments"]] == ["as in the last saved plan"] * 2
    said = fleet("dispatch", "inc", "--unit", "van-1").out.splitlines()
    assert said[3] == "This is a part of the plan, in which 2 of 2 units go to 2 of 3 open tickets."


def test_a_hold_changes_the_plan_until_it_ends(fleet: Site) -> None:
    before = datetime.now(ZoneInfo(ZONE))
    made = fleet("holds", "add", "inc", "pin", "--unit", "van-1", "--ticket", "INC1", "--why", "knows the way")
    assert made.out.startswith("Hold 1 counts until ")
    assert fleet("dispatch", "inc", "--csv").out.splitlines()[1].split(",")[1:5] == ["van-1", "", "1", "INC1"]
    listed = fleet("holds", "list", "inc").out
    assert listed.split()[:4] == ["1", "pin", "van-1", "INC1"]
    until = [moment + timedelta(hours=8) for moment in (before, datetime.now(ZoneInfo(ZONE)))]
    for said in (made.out, listed):
        assert any(f"until {moment:%Y-%m-%d %H:%M %Z}" in said for moment in until)
    assert fleet("holds", "end", "1").out == "Hold 1 has ended.\n"
    assert fleet("holds", "list", "inc").out == "No hold counts now.\n"
    ended = fleet("holds", "end", "1")
    assert (ended.code, "No hold 1 counts now." in ended.err) == (2, True)


def test_a_user_without_a_name_may_hold(fleet: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_123_456)  # of a container: nobody has this number
    assert fleet("holds", "add", "inc", "off", "--unit", "van-1", "--why", "ill").code == 0
    (hold,) = fleet("holds", "list", "inc", "--json").document["holds"]
    assert hold["by"] == "uid 4123456"


def test_places_are_written_as_geojson(fleet: Site) -> None:
    document = json.loads(fleet("dispatch", "inc", "--geojson").out)
    assert {one["properties"]["what"] for one in document["features"]} == {"unit", "ticket", "way"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("dispatch", "inc", "--csv", "--json"), "only one of --csv, --geojson and --json"),
        (("dispatch", "inc", "--unit", "van"), "There is no unit 'van'"),
        (("dispatch", "inc", "--cluster", "KILIMANY"), "cluster 'KILIMANY'; did you mean `Kilimani`?"),
        (("dispatch", "inc", "--cluster", "x"), "No open ticket is in a cluster 'x'. "),
        (("dispatch", "inc", "--cluster", "x"), "Name one of: (none), Kilimani."),
        (("holds", "add", "inc", "off", "--unit", "van-7", "--why", "ill"), "there is no unit 'van-7'"),
        (("holds", "add", "inc", "off", "--ticket", "INC9", "--why", "x"), "there is no ticket 'INC9'"),
        (("holds", "add", "inc", "pin", "--unit", "van-1", "--why", "x"), "a hold needs a unit and a ticket"),
    ],
)
def test_what_cannot_be_exits_2(fleet: Site, args: tuple[str, ...], said: str) -> None:
    result = fleet(*args)
    assert (result.code, said in " ".join(result.err.replace("│", " ").split())) == (2, True)


def test_without_scipy_it_says_what_to_install(fleet: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)  # as where it is not installed
    result = fleet("dispatch", "inc")
    assert (result.code, "pip install -c constraints.txt '.[dispatch]'" in result.err) == (2, True)
