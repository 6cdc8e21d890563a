"""The example of a feed as a pip package: built, installed beside fleetfeed into a fresh environment, and run there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.installed.environments import Environment, build, fresh
from tests.kit import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "fleetfeed-streetlights"
TOML = """
[project]
timezone = "Europe/Vienna"
[feeds.streetlights]
source = "file://{}/"
"""
TICKETS = """
SELECT ticket_id, state, reported_at AT TIME ZONE 'UTC', lamps, dangerous, street, geo_source
FROM tickets.streetlights ORDER BY 1
"""


@pytest.fixture(scope="module")
def both(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with both wheels."""
    place = tmp_path_factory.mktemp("city")
    return fresh(place / "venv", place, wheel, build(EXAMPLE, place / "built"))


@pytest.fixture
def city(both: Environment, tmp_path: Path, empty_url: str) -> Environment:
    """The project of a city, in that environment."""
    for name in ("project", "bucket"):
        (tmp_path / name).mkdir()
    shutil.copy(EXAMPLE / "fleetfeed_streetlights" / "sample.csv", tmp_path / "bucket" / "export.csv")
    (tmp_path / "project" / "fleetfeed.toml").write_text(TOML.format(tmp_path / "bucket"))
    return Environment(both.root, tmp_path / "project", {"DATABASE_URL": empty_url})


def test_a_feed_that_is_a_pip_package_is_found_migrated_and_loaded(city: Environment, empty_url: str) -> None:
    (found,) = (one for one in city.document("plugins")["plugins"] if one["name"] == "streetlights")
    assert (found["feed"], found["error"]) == (True, None)
    assert found["origin"] == "package fleetfeed-streetlights 1.0, entry point fleetfeed_streetlights"

    assert 'create table tickets."streetlights"' in city("migrate")
    (run,) = city.document("-q", "run", "streetlights", "--apply")["runs"]
    assert (run["outcome"], run["warnings"], run["unknown_columns"]) == ("loaded", [], [])
    rows = run["rows"]
    assert (rows["read"], rows["dropped"], rows["superseded"], rows["inserted"]) == (10, {"test": 1}, 2, 7)
    assert run["unreadable_cells"] == {}
    with psycopg.connect(empty_url) as connection:
        tickets = {row[0]: [str(cell) for cell in row[1:]] for row in connection.execute(TICKETS).fetchall()}
    assert tickets["SL-1001"] == ["behoben", "2026-11-03 05:40:00", "1", "False", "Währinger Straße 12", "feed"]
    assert tickets["SL-1003"][:2] == ["offen", "2026-11-05 20:30:00"]  # it was written with an offset
    assert tickets["SL-1006"][2:4] == ["12", "True"]
    assert tickets["SL-1007"][2:4] == ["None", "None"]  # k. A. and -
    (again,) = city.document("-q", "run", "streetlights", "--apply")["runs"]
    assert again["outcome"] == "empty"  # the export is archived


def test_the_package_keeps_the_laws_of_every_feed(city: Environment, new_database: Callable[[str | None], str]) -> None:
    shutil.copytree(EXAMPLE / "tests", city.folder / "tests")
    city.env["TEST_DATABASE_URL"] = new_database(None)
    laws = "not convergence and not order"  # those take long, and other tests try them
    done = city.python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-k", laws, "tests")
    reported = done.stdout + done.stderr
    assert (done.returncode, " passed" in reported, "skipped" in reported) == (0, True, False), reported
