"""What doctor names of units and their positions."""

from __future__ import annotations

import pytest

from tests.cli.site import Site
from tests.doctor.kit import Found, findings, named
from tests.kit import Bench

PROVIDER = '[units]\nprovider = "csv_file"\n[positions.csv_file]\nsource = "file:///srv/positions/"\n'


@pytest.fixture
def fleet(well: Site, bench: Bench) -> Bench:
    """Two units that never reported a position."""
    bench.db.execute("INSERT INTO tickets.units (unit) VALUES ('van-1'), ('van-2')")
    return bench


def _report(fleet: Bench, age: str) -> None:
    fleet.db.execute(
        "INSERT INTO tickets.unit_positions (unit, latitude, longitude, at, source) "
        "VALUES ('van-1', -1.3, 36.8, now() - %s::interval, 'test')",
        [age],
    )


def _of_units(found: Found) -> list[str]:
    return [level for level, area, *_ in found if area == "units"]


def test_a_project_without_units_hears_nothing_of_them(well: Site) -> None:
    assert _of_units(findings(well)) == []


def test_a_provider_without_units_is_named(well: Site) -> None:
    well.write(more=PROVIDER)
    assert named(findings(well), "warning", "units", "csv_file is asked for positions", "fleetfeed units import")


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(("settings", "hint"), [("", "Set provider in [units]"), (PROVIDER, "fleetfeed units refresh")])
def test_units_that_never_reported_a_position_are_named(well: Site, settings: str, hint: str) -> None:
    well.write(more=settings)
    assert named(findings(well), "warning", "units", "no position is known of 2 units", hint)


def test_positions_that_are_all_too_old_are_named(well: Site, fleet: Bench) -> None:
    _report(fleet, "3 hours")
    found = findings(well)
    assert named(found, "warning", "units", "the newest position is 180 min old, and position_max_age is 15", "[units]")


def test_one_fresh_position_is_enough(well: Site, fleet: Bench) -> None:
    _report(fleet, "1 minute")
    found = findings(well)
    assert (_of_units(found), named(found, "ok", "units", "1 of 2 units", "")) == (["ok"], True)
