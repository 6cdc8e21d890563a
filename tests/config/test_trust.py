"""Code of a project runs only if nobody else could have put it there."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from fleetfeed.cli.context import Context
from fleetfeed.config import trust
from fleetfeed.errors import ConfigError

OTHER = 54_321  # who is nobody on this machine
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with a plugin, and stand in a folder below it."""
    for name in ("FLEETFEED_PROJECT", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)
    found = tmp_path / "project"
    (found / "feeds" / "evil").mkdir(parents=True)
    (found / "below").mkdir()
    (found / "feeds" / "evil" / "__init__.py").touch()
    (found / "feeds" / "_shared.py").touch()
    (found / "fleetfeed.toml").write_text('[project]\ntimezone = "UTC"\nplugins = ["feeds"]\n')
    for path in (found, *found.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    monkeypatch.chdir(found / "below")
    return found


PLACES = [".", "fleetfeed.toml", "feeds", "feeds/evil", "feeds/evil/__init__.py", "feeds/_shared.py"]


def test_a_project_of_ones_own_is_trusted(project: Path) -> None:
    assert Context().load().loaded.path == project / "fleetfeed.toml"


@needs_root
@pytest.mark.parametrize("place", PLACES)
def test_what_somebody_else_owns_is_refused_with_the_command(project: Path, place: str) -> None:
    os.chown(project / place, OTHER, 0)
    with pytest.raises(ConfigError, match=f"belongs to {OTHER}, who could have root run code") as refused:
        Context().load()
    assert refused.value.next_step.startswith(f"Run `chown -R root {project / place}`, or name the project")
    assert Context(project).load()  # named by hand, it may be anybody's: a bind mount of a container is


@needs_root
def test_a_variable_names_a_project_and_sudo_its_owner(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(project / "feeds", OTHER, 0)
    monkeypatch.setenv("SUDO_UID", str(OTHER))
    assert Context().load()
    monkeypatch.setenv("SUDO_UID", "0")
    with pytest.raises(ConfigError, match="belongs to"):
        Context().load()
    monkeypatch.setenv("FLEETFEED_PROJECT", str(project))
    assert Context().load()


@pytest.mark.parametrize("place", PLACES)
def test_what_everybody_may_write_is_refused_even_if_it_is_named(project: Path, place: str) -> None:
    path = project / place
    path.chmod(path.stat().st_mode | 0o1002 if path.is_dir() else 0o646)
    for context in (Context(), Context(project)):
        with pytest.raises(ConfigError, match="may be written by everybody") as refused:
            context.load()
        assert refused.value.next_step == f"Run `chmod o-w {path}`."
    subprocess.run(shlex.split(refused.value.next_step.split("`")[1]), check=True)
    assert Context().load()


@needs_root
def test_a_group_with_others_in_it_is_refused_and_one_of_ones_own_is_not(project: Path) -> None:
    (project / "feeds").chmod(0o775)
    assert Context().load()  # root's
    os.chown(project / "feeds", 0, OTHER)
    with pytest.raises(ConfigError, match=f"may be written by the group {OTHER}") as refused:
        Context().load()
    assert refused.value.next_step.startswith(f"Run `chmod g-w {project / 'feeds'}`, or name")
    assert Context(project).load()


def test_a_folder_that_is_not_there_is_nobody_s(tmp_path: Path) -> None:
    trust.check(trust.code_in(tmp_path / "no such folder"), named=False)


def test_code_behind_a_link_is_looked_at_and_a_link_in_a_circle_ends(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "deep" / "code.py").touch()
    (project / "feeds" / "linked").symlink_to(elsewhere)
    (elsewhere / "deep" / "again").symlink_to(elsewhere)
    Context().load()
    (elsewhere / "deep" / "code.py").chmod(0o646)
    with pytest.raises(ConfigError, match=r"code\.py may be written by everybody"):
        Context().load()
