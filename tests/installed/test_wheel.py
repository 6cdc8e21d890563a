"""The wheel of fleetfeed in an environment of its own and an empty folder: all that it needs came along."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.installed.environments import Environment, fresh
from tests.kit import ROOT

MUST_HOLD = (
    *("fleetfeed/py.typed", "fleetfeed/testing/__init__.py", "fleetfeed/database/schema/derived/dashboard.sql"),
    *("fleetfeed/bundled/fleetfeed.toml", "fleetfeed/bundled/feeds/_network.py"),
    *(f"fleetfeed/bundled/feeds/{feed}/{file}" for feed in ("inc", "crq") for file in ("__init__.py", "sample.csv")),
    *("fleetfeed/bundled/geocoders/gazetteer.csv", "fleetfeed/bundled/migrations/env.py"),
    *("fleetfeed/bundled/maps/kenya.geojson", "fleetfeed/web/static/index.html", "fleetfeed/web/static/stamp"),
)


@pytest.fixture(scope="module")
def installed(wheel: Path, place: Path) -> Iterator[Environment]:
    """An environment with the wheel, beside an empty folder."""
    (place / "empty").mkdir()
    made = fresh(place / "venv", place / "empty", wheel)
    yield made
    made.python("-m", "fleetfeed", "db", "stop")


def test_the_wheel_holds_every_file_of_the_tree_that_it_needs_and_no_other(wheel: Path) -> None:
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tree = {
        f"fleetfeed/bundled/{path.relative_to(ROOT).as_posix()}": path
        for folder in ("feeds", "geocoders", "positions", "maps", "migrations")
        for path in (ROOT / folder).rglob("*")
    }
    package = {path.relative_to(ROOT / "core").as_posix(): path for path in (ROOT / "core").rglob("*")}
    files = {name for name, path in (tree | package).items() if path.is_file() and "__pycache__" not in path.parts}
    assert names == files | {"fleetfeed/bundled/fleetfeed.toml"}
    assert [name for name in MUST_HOLD if name not in names] == []


def test_in_an_empty_folder_a_project_begins_runs_and_is_shown(installed: Environment) -> None:
    where = installed.python("-c", "import fleetfeed.testing; print(fleetfeed.__file__)")
    assert where.stdout.startswith(f"{installed.root}/lib/"), where.stderr
    settings = installed.folder / "fleetfeed.toml"

    assert installed("init").startswith(f"{settings} is written")
    assert settings.read_bytes() == (ROOT / "fleetfeed.toml").read_bytes()
    found = {plugin["name"]: plugin for plugin in installed.document("plugins")["plugins"]}
    for name in ("inc", "crq", "gazetteer", "locationiq", "nominatim"):
        assert "/fleetfeed/bundled/" in found[name]["origin"]
    assert (found["inc"]["feed"], found["crq"]["feed"], found["gazetteer"]["hooks"]) == (True, True, ["geocode"])

    sample = installed.root.parent / "bucket" / "sample.csv"
    sample.parent.mkdir()
    sample.write_bytes((ROOT / "feeds" / "inc" / "sample.csv").read_bytes())
    installed.env.update(
        {
            "DATABASE_URL": "embedded",
            "FLEETFEED_FEEDS__INC__SOURCE": f"file://{sample.parent}/",
            "FLEETFEED_FEEDS__INC__ARCHIVE": f"file://{sample.parent}/processed/",
        }
    )
    installed("migrate")
    (dry,) = installed.document("-q", "run", "inc")["runs"]
    (done,) = installed.document("-q", "run", "inc", "--apply", "--geocode-clusters")["runs"]
    assert (dry["applied"], dry["rows"]["inserted"]) == (False, done["rows"]["inserted"])
    assert (done["outcome"], done["rows"]["inserted"] > 300, done["warnings"]) == ("loaded", True, [])
    assert done["geocoding"]["clusters"]["results"]["ok"] > 0
    assert [path.name for path in (sample.parent / "processed").iterdir()] == ["sample.csv"]
    assert len(list(csv.DictReader(io.StringIO(installed("export", "inc", "--csv"))))) == done["rows"]["inserted"]
    assert json.loads(installed("export", "inc", "--dashboard"))["counts"]

    shown = installed("demo")
    assert "unchanged" in shown
    lines = shown.partition("To go on with its database")[2].splitlines()[1:5]
    pasted = subprocess.run(
        ["bash", "-e"],
        input="\n".join(lines),
        cwd=installed.folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    ).stdout
    assert [word in pasted for word in ("units take", "attributed since")] == [True, True], pasted
