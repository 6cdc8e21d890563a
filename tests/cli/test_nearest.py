"""`fleetfeed nearest`."""

from __future__ import annotations

import pytest

from tests.cli.fleet import now, put
from tests.cli.site import Site
from tests.kit import ticket


def test_nearest_shows_tickets_of_a_point_and_a_unit_and_units_of_a_ticket(fleet: Site) -> None:
    fleet.put(
        [
            ticket("INC1", latitude="-1.291", longitude="36.80"),
            ticket("INC2", latitude="-1.31", longitude="36.82"),
            ticket("INC3", cluster="Nowhere", location_name=""),
        ]
    )
    assert fleet("run", "inc", "--apply").code == 0
    put(fleet, f"van-2,-1.29,36.80,{now(3)},")
    fleet("units", "refresh")

    near = fleet("nearest", "inc", "--at", "-1.29,36.80").out.splitlines()
    assert [line.split(",")[0].split() for line in near[:-1]] == [["111", "m", "INC1"], ["3.1", "km", "INC2"]]
    assert near[-1] == "Distances are straight lines."
    assert fleet("nearest", "inc", "--unit", "van-1").out.splitlines()[0].startswith("   1.1 km  INC2, opened ")
    assert fleet("nearest", "inc", "--ticket", "INC1").out.splitlines() == [
        "    111 m  van-2        at -1.29000,36.80000, 3 min ago",
        "   2.4 km  van-1        at home -1.30000,36.82000, as it has no position, Field A, van",
        "Distances are straight lines.",
    ]
    assert fleet("nearest", "inc", "--ticket", "INC3").out == (
        "INC3 has no place, so nothing is near it; `fleetfeed explain` says why.\n"
    )
    document = fleet("nearest", "inc", "--ticket", "INC1", "--limit", "1", "--json").document
    assert [(unit["unit"], unit["distance_m"], unit["stale"]) for unit in document["units"]] == [("van-2", 111, False)]
    assert len(fleet("nearest", "inc", "--at", "-1.29,36.80", "--json").document["features"]) == 2


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ((), "exactly one of --at, --unit and"),
        (("--at", "36.80,-1.29"), "36.80,-1.29 is outside the country, -1.29,36.80 is inside: latitude first"),
        (("--at", "-1.29,36.80", "--unit", "van-1"), "exactly one of --at, --unit and"),
        (("--at", "here"), "latitude first"),
        (("--at", "136.8,-1.29"), "latitude first"),
        (("--unit", "van-x"), "there is no unit 'van-x'"),
        (("--unit", "van-2"), "unit 'van-2' has neither a position nor a home"),
        (("--unit", "van\udcff"), "The unit's name is not UTF-8 text."),
        (("--ticket", "INC9"), "Feed inc has no ticket 'INC9'."),
        (("--at", "-1.29,36.80", "--limit", "51"), "Invalid value for '--limit'"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(fleet: Site, args: tuple[str, ...], why: str) -> None:
    result = fleet("nearest", "inc", *args)
    assert (result.code, why in " ".join(result.err.replace("│", " ").split())) == (2, True), result.err


def test_without_units_and_tickets_nothing_warns(site: Site) -> None:
    assert site("nearest", "inc", "--at", "-1.29,36.80").out == "No open ticket has a place.\n"
    site.put([ticket("INC1", latitude="-1.291", longitude="36.80")])
    assert site("run", "inc", "--apply").err.count("warning") == 0
    nearest = site("nearest", "inc", "--ticket", "INC1")
    assert (nearest.out, nearest.err) == ("No unit on duty has a place.\n", "")
