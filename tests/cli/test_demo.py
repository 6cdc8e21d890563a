"""The demo's units: where they go, how far that is, and that they move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.dispatch import by_eye
from fleetfeed.cli.demo_fleet import UNITS
from fleetfeed.cli.demo_steps import show, show_dispatch
from fleetfeed.config.dispatch import BurstSettings, DispatchSettings
from fleetfeed.config.tables import UnitsSettings
from fleetfeed.database import connect
from fleetfeed.dispatch import inputs
from fleetfeed.dispatch.plan import make_plan
from fleetfeed.project import Project
from tests.kit import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PLACES = "SELECT unit, latitude, longitude FROM tickets.unit_positions ORDER BY 1"


def test_units_move_and_drive_far_less_than_by_eye(
    empty_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = tmp_path / "exports"
    overrides = {
        "database.url": empty_url,
        "feeds.inc.source": f"file://{inbox}/",
        "feeds.inc.archive": f"file://{inbox}/processed/",
        "feeds.inc.geocoders": ["gazetteer"],
    }
    project = Project.load(ROOT, overrides)
    show(project, "inc", inbox, ROOT / "feeds" / "inc" / "demo.csv")
    fleet = show_dispatch(project, "inc")
    assert "unit-01" in capsys.readouterr().out

    with connect(empty_url, "test") as db:
        found = inputs.read("inc", db.one(*inputs.question("inc", BurstSettings())))
        plan = make_plan(found, DispatchSettings(), UnitsSettings().position_max_age)
        driven = sum(each.drive.minutes for each in plan.assignments)
        usual, urgent = by_eye(found, plan)
        served = [each.ticket.sla_state for each in plan.assignments]
        assert served.count("overdue") == [ticket.sla_state for ticket in urgent].count("overdue") == 10
        assert driven <= 0.6 * usual

        before = db.all(PLACES)
        fleet.drive(db)
        moved = [one for one, other in zip(before, db.all(PLACES), strict=True) if one != other]
        assert len(moved) == UNITS - 1  # one has reported nothing for an hour
