"""The digest of the rules changes with whatever decides how rows come out, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.plugins.registry import find
from fleetfeed.plugins.rules import rules
from fleetfeed.stages import STAGES
from tests.plugins.dropped import DECLARED, dropping

HOOK = "from .._shared import ANSWER\n@hookimpl\ndef feed_filter(feed, row):\n    return ANSWER\n"


def digest(folder: Path, *others: str) -> str:
    found = find(folder, ["feeds"])
    feed = found.feed("water")
    return rules(feed, found.manager(feed, others, stages=STAGES))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    drop = dropping(tmp_path)
    drop("feeds/_shared.py", "ANSWER = None\n")
    drop("feeds/water/__init__.py", DECLARED + HOOK)
    drop("feeds/power.py", DECLARED)
    drop("feeds/watching.py", "from fleetfeed import hookimpl\n@hookimpl\ndef feed_history(feed, run, db): ...\n")
    return tmp_path


def test_the_same_project_has_the_same_rules(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    moved = tmp_path_factory.mktemp("moved") / "project"
    once = digest(project)
    project.rename(moved)
    assert digest(moved) == once


@pytest.mark.parametrize("file", ["feeds/_shared.py", "feeds/water/__init__.py"])
def test_an_edit_of_the_feeds_code_changes_them(project: Path, file: str) -> None:
    before = digest(project)
    edited = project / file
    edited.write_text(edited.read_text() + "\n# a hook may do anything\n")
    assert digest(project) != before


def test_the_zone_of_the_project_changes_them(project: Path) -> None:
    found = find(project, ["feeds"])
    feed, manager = found.feed("water"), found.manager(found.feed("water"), stages=STAGES)
    assert len({rules(feed.in_zone(zone), manager) for zone in ("UTC", "Africa/Nairobi", "Europe/Berlin")}) == 3


def test_other_feeds_do_not_count_but_named_plugins_do(project: Path) -> None:
    before = digest(project)
    (project / "feeds" / "power.py").write_text(DECLARED.replace("{name!r}", "'power'") + "\nANSWER = 2\n")
    assert digest(project) == before
    assert digest(project, "watching") != before
