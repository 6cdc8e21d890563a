"""`fleetfeed units` and `fleetfeed nearest`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.cli.fleet import LIST, now, put
from tests.cli.site import Site
from tests.fault_server import Answer, Asked, fault_server

TOKEN = "canary-of-the-traccar-token"


def test_units_are_imported_after_a_look_and_listed(site: Site) -> None:
    assert site("units", "list").out == "There are no units. Next: fleetfeed units import FILE\n"
    (site.folder / "units.csv").write_text(LIST)
    looked = site("units", "import", "units.csv")
    assert looked.out.splitlines() == [
        "+ van-1: team Field A, kind van, home -1.3,36.82",
        "+ van-2: nothing else known",
        "2 new, 0 changed, 0 unchanged",
        "Nothing was written. The same command with --apply writes it.",
    ]
    assert site.rows("SELECT count(*) FROM tickets.units") == [(0,)]
    assert site("units", "import", "units.csv", "--apply").out.splitlines()[-2:] == [
        "2 new, 0 changed, 0 unchanged",
        "Written.",
    ]
    assert site("units", "import", "units.csv", "--apply").out == "0 new, 0 changed, 2 unchanged\n"
    (site.folder / "units.csv").write_text("unit,on_duty,skills\nvan-1,no,fibre; power\n")
    assert site("units", "import", "units.csv", "--apply").out.splitlines() == [
        "~ van-1: skills none → fibre; power, on_duty yes → no",
        "0 new, 1 changed, 0 unchanged",
        "Written.",
    ]
    assert site("units", "list").out.splitlines() == [
        "van-1        at home -1.30000,36.82000, as it has no position, Field A, van, fibre, power, off duty",
        "van-2        nowhere: it has neither a position nor a home",
    ]


NO_FIX = "0, 0 is what trackers send that do not know where they are, and was not taken"


def test_positions_are_refreshed_from_the_newest_csv_of_a_folder(fleet: Site) -> None:
    put(fleet, f"van-1,-1.29,36.80,{now(4)},12", f"van-2,-1.28,36.81,{now(40)},")
    assert fleet("units", "refresh").out == "2 positions: 2 taken\n"
    assert fleet("units", "refresh").out == "2 positions: 0 taken, 2 older\n"
    first, second = fleet("units", "list").out.splitlines()
    assert first == "van-1        at -1.29000,36.80000 ±12 m, 4 min ago, Field A, van"
    assert second == "van-2        at -1.28000,36.81000, 40 min ago (stale)"
    document = fleet("units", "list", "--json").document
    assert document["position_max_age_seconds"] == 900
    assert [(unit["unit"], unit["stale"], unit["basis"]) for unit in document["units"]] == [
        ("van-1", False, "position"),
        ("van-2", True, "position"),
    ]


def test_what_is_refused_is_reported_with_its_line_and_the_rest_is_taken(fleet: Site) -> None:
    put(fleet, f"van-1,-1.29,36.80,{now()},", f"van-9,-1.28,36.81,{now()},", f"van-2,36.81,-1.28,{now()},")
    result = fleet("units", "refresh")
    assert (result.code, result.out) == (0, "3 positions: 1 taken, 1 outside, 1 unknown unit\n")
    assert result.err.splitlines() == [
        "warning: vans.csv, line 3, unit: there is no unit 'van-9'; `fleetfeed units import` adds it",
        "warning: vans.csv, line 4, latitude, longitude: 36.81, -1.28 is outside the country, and was not taken; "
        "is it latitude first?",
    ]
    put(fleet, f"van-1,0,0,{now()},")
    reported = fleet("units", "refresh").err
    assert reported == f"warning: vans.csv, line 2, latitude, longitude: {NO_FIX}\n"
    put(fleet, f"van-1,-1.29,36.80,{now(-10)},")
    reported = fleet("units", "refresh").err
    assert "vans.csv, line 2, at: " in reported
    assert "is in the future, and was not taken" in reported


def test_a_unit_that_is_forgotten_stands_at_its_home_again(fleet: Site) -> None:
    put(fleet, f"van-1,-1.29,36.80,{now(40)},")
    fleet("units", "refresh")
    assert "(stale)" in fleet("units", "list").out
    assert fleet("units", "forget", "van-1").out == "van-1: its position was deleted\n"
    assert fleet("units", "list").out.splitlines()[0].startswith("van-1        at home -1.30000,36.82000")
    assert fleet("units", "forget", "van-1").out == "van-1: no position was known\n"
    unknown = fleet("units", "forget", "vann-1")
    assert unknown.code == 2
    assert unknown.error_lines[0] == "error:  There is no unit 'vann-1'; did you mean `van-1`?"


def test_a_file_with_a_fault_changes_nothing(fleet: Site) -> None:
    put(fleet, f"van-1,-1.29,36.80,{now()},", "van-2,-1.28,36.81,2026-11-20 08:00:00,")
    result = fleet("units", "refresh")
    assert result.code == 1
    assert result.err.splitlines()[:2] == [
        "error:  Positions cannot be read:",
        "  vans.csv, line 3, at: '2026-11-20 08:00:00' has no zone; write it like 2026-11-30T08:00:00+03:00",
    ]
    assert "effect: Known positions stay as they are." in result.err
    assert fleet.rows("SELECT count(*) FROM tickets.unit_positions") == [(0,)]


def test_a_provider_that_cannot_be_asked_is_named(fleet: Site) -> None:
    empty = fleet("units", "refresh")
    assert (empty.code, empty.error_lines[0][:30]) == (1, "error:  There is no CSV in fil")
    for more, code, why in (
        ("", 2, "No provider of positions is named."),
        ('[units]\nprovider = "csv_fil"\n', 2, "There is no plugin 'csv_fil'"),
        ('[units]\nprovider = "gazetteer"\n', 2, "has no hook `unit_positions`"),
        ('[units]\nprovider = "csv_file"\n', 1, "csv_file has no source."),
        ('[units]\nprovider = "traccar"\n', 1, "traccar has no token."),
    ):
        fleet.write(more=more)
        result = fleet("units", "refresh")
        assert (result.code, why in result.err) == (code, True), result.err


def traccar(asked: Asked) -> Answer:
    if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
        return Answer(b"Unauthorized", 401)
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    positions = [
        {"deviceId": 1, "latitude": -1.29, "longitude": 36.8, "fixTime": at, "accuracy": 0.0, "valid": True},
        {"deviceId": 2, "latitude": 0.0, "longitude": 0.0, "fixTime": at, "accuracy": 0.0, "valid": False},
        {"deviceId": 3, "latitude": -1.2, "longitude": 36.7, "fixTime": at, "accuracy": 5.0, "valid": True},
    ]
    devices = [{"id": 1, "name": "van-1"}, {"id": 2, "name": "van-2"}]
    return Answer(json.dumps({"/api/devices": devices, "/api/positions": positions}[asked.path]).encode())


def test_traccar_is_asked_with_its_token_which_is_reported_nobody(fleet: Site) -> None:
    with fault_server(traccar) as server:
        fleet.write(more=f'[units]\nprovider = "traccar"\n[positions.traccar]\nurl = "{server.url}/"\n')
        wrong = fleet("units", "refresh", FLEETFEED_POSITIONS__TRACCAR__TOKEN="another-token-of-somebody")
        result = fleet("units", "refresh", FLEETFEED_POSITIONS__TRACCAR__TOKEN=TOKEN)
    assert wrong.error_lines == [
        "error:  traccar answered 401: Unauthorized.",
        "effect: Known positions stay as they are.",
        "next:   Check the token: FLEETFEED_POSITIONS__TRACCAR__TOKEN.",
    ]
    assert (result.code, result.out, result.err) == (0, "1 position: 1 taken\n", "")
    gone = fleet("units", "refresh", FLEETFEED_POSITIONS__TRACCAR__TOKEN=TOKEN)
    assert gone.error_lines[0] == "error:  traccar cannot be reached (ConnectError)."
    assert TOKEN not in gone.err + wrong.err + result.err


@pytest.mark.parametrize("body", [b"<html>", b'{"error": 1}', b"[1]", b"[" * 100_000, b""])
def test_an_answer_that_is_no_list_of_objects_is_refused(fleet: Site, body: bytes) -> None:
    with fault_server(lambda _: Answer(body)) as server:
        fleet.write(more=f'[units]\nprovider = "traccar"\n[positions.traccar]\nurl = "{server.url}"\n')
        result = fleet("units", "refresh", FLEETFEED_POSITIONS__TRACCAR__TOKEN=TOKEN)
    assert (result.code, result.error_lines[0]) == (1, "error:  traccar answered /api/devices with no list of objects.")


def test_a_plugin_that_answers_nonsense_is_named(fleet: Site) -> None:
    (fleet.folder / "feeds").mkdir()
    for answer, why in {
        "['van-1']": "answered [",
        "[Position('v', 'x', 0, datetime.now(UTC))]": "a Position of 'v' whose latitude: 'x' is no number of decimal",
        "[Position('v', 1, 1, datetime.now())]": "has no zone",
        "1 / 0": "raised ZeroDivisionError",
    }.items():
        (fleet.folder / "feeds" / "ours.py").write_text(
            "from datetime import UTC, datetime\nfrom fleetfeed import Position, hookimpl\n"
            f"@hookimpl\ndef unit_positions(service):\n    return {answer}\n"
        )
        fleet.write(more='[units]\nprovider = "ours"\n')
        result = fleet("units", "refresh")
        assert result.code == 1
        assert "Plugin ours: `unit_positions`" in result.err
        assert why in result.err
