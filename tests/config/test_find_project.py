"""Which folder is the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.config.loader import find_project
from fleetfeed.errors import ConfigError


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("here", "named", "flag"):
        (tmp_path / name / "deep" / "deeper").mkdir(parents=True)
        (tmp_path / name / "fleetfeed.toml").touch()
    monkeypatch.chdir(tmp_path / "here" / "deep" / "deeper")
    return tmp_path


def test_the_nearest_parent_folder(projects: Path) -> None:
    assert find_project(None) == projects / "here"
    (projects / "here" / "deep" / "fleetfeed.toml").touch()
    assert find_project(None) == projects / "here" / "deep"


def test_a_variable_wins_over_the_folder(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETFEED_PROJECT", str(projects / "named"))
    assert find_project(None) == projects / "named"
    monkeypatch.setenv("FLEETFEED_PROJECT", "")
    assert find_project(None) == projects / "here"


def test_a_flag_wins_over_all(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETFEED_PROJECT", str(projects / "named"))
    assert find_project(projects / "flag") == projects / "flag"
    assert find_project(projects / "flag" / "fleetfeed.toml") == projects / "flag"
    monkeypatch.chdir(projects)
    assert find_project(Path("flag")) == projects / "flag"


def test_a_named_folder_is_not_searched_upwards(projects: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no fleetfeed.toml in .*/flag/deep \(--project\)\."):
        find_project(projects / "flag" / "deep")


def test_a_named_folder_that_has_none(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETFEED_PROJECT", str(projects))
    with pytest.raises(ConfigError, match=r"\(FLEETFEED_PROJECT\)"):
        find_project(None)


def test_none_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        find_project(None)
    assert f"There is no fleetfeed.toml in {tmp_path} or any folder above it." in str(caught.value)
    assert "--project DIR or FLEETFEED_PROJECT, or write one" in str(caught.value)
    assert caught.value.exit_code == 2
