"""What `fleetfeed plugins` prints, and that no plugin can spoil what a command says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleetfeed import API_VERSION
from tests.plugins.dropped import DECLARED, dropping

TOML = """
[project]
timezone = "Africa/Nairobi"
plugins = ["feeds", "../more"]
[feeds.water]
source = "file:///nowhere/water/"
[feeds.loud]
source = "file:///nowhere/loud/"
[feeds.bad]
source = "file:///nowhere/bad/"
"""
SECRET = "canary-of-the-store"
WITH_HOOK = "from fleetfeed import hookimpl\n@hookimpl\ndef {}(row): ...\n"
LOUD = "print('hello')\n" + DECLARED
BAD = {
    "bad": "raise KeyboardInterrupt",
    "gone": "import sys\nsys.exit(0)",
    "leaky": "import os\nraise ValueError(os.environ['RUSTFS_SECRET_KEY'])",
    "odd": "\n\n" + WITH_HOOK.format("feed_fliter") + "@hookimpl\ndef feed_sauce(): ...\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project with good plugins and bad ones."""
    folder = tmp_path_factory.mktemp("plugins") / "project"
    drop = dropping(folder)
    drop("fleetfeed.toml", TOML)
    drop("feeds/water/__init__.py", WITH_HOOK.format("feed_filter") + DECLARED)
    drop("feeds/loud/__init__.py", LOUD)
    drop("feeds/inc/__init__.py", DECLARED)
    for name, text in BAD.items():
        drop(f"feeds/{name}.py", text)
    return folder


def fleetfeed(project: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    foreign = ("FLEETFEED_", "RUSTFS_", "AWS_", "PG", "DATABASE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    env = {**kept, "RUSTFS_SECRET_KEY": SECRET, "DATABASE_URL": "postgresql:///nowhere?host=/nowhere"}
    return subprocess.run(
        [sys.executable, "-m", "fleetfeed", *args], cwd=project, env=env, capture_output=True, text=True, check=False
    )


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read the one document on stdout."""
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema_version"] == 1
    return found


def test_the_document_is_one_document_whatever_plugins_do(project: Path) -> None:
    done = fleetfeed(project, "plugins", "--json")
    reported = document(done)
    found = {row["name"]: row for row in reported["plugins"]}
    broken = {name for name, row in found.items() if row["error"]}
    assert (done.returncode, broken, reported["api_version"]) == (2, set(BAD), API_VERSION)
    assert [found[name]["feed"] for name in ("water", "loud", "bad")] == [True, True, False]
    assert (found["water"]["hooks"], found["water"]["error"]) == (["feed_filter"], None)
    assert found["inc"]["shadows"].endswith("feeds/inc")
    more = f"{project.parent}/project/../more"
    assert reported["faults"] == [f'[project] plugins names "../more", but {more} does not exist']
    assert done.stderr.splitlines() == [f"warning: {reported['faults'][0]}", "plugin loud: hello"]


def test_each_bad_plugin_is_reported_with_its_line_and_no_secret(project: Path) -> None:
    done = fleetfeed(project, "plugins")
    feeds = project / "feeds"
    assert done.returncode == 2
    for line in (
        f"bad              BROKEN: {feeds}/bad.py, line 1: KeyboardInterrupt\n",
        f"gone             BROKEN: {feeds}/gone.py, line 2: SystemExit: 0\n",
        f"leaky            BROKEN: {feeds}/leaky.py, line 2: ValueError: ***\n",
        f"odd              BROKEN: {feeds}/odd.py, line 4: there is no hook `feed_fliter`; did you mean `feed_filter`?"
        f"\n  {feeds}/odd.py, line 6: there is no hook `feed_sauce`; did you mean `feed_source`?\n",
        f"water            feed feed_filter         {feeds}/water\n",
        'BROKEN: [project] plugins names "../more", but ',
        f"The hooks are of version {API_VERSION}; ",
    ):
        assert line in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_where_nothing_is_broken_it_exits_0(tmp_path: Path) -> None:
    dropping(tmp_path)("fleetfeed.toml", '[project]\ntimezone = "UTC"\n')
    done = fleetfeed(tmp_path, "plugins")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bad_plugin_is_an_error_of_its_feed_and_debug_shows_where(project: Path) -> None:
    done = fleetfeed(project, "--debug", "run", "bad", "--json")
    (run,) = document(done)["runs"]
    cause = f"Plugin bad cannot be loaded: {project}/feeds/bad.py, line 1: KeyboardInterrupt."
    assert (done.returncode, run["error"]["cause"]) == (2, cause)
    assert "    raise KeyboardInterrupt\n" in done.stderr


def test_a_bad_plugin_does_not_reach_the_runs_of_others(project: Path) -> None:
    done = fleetfeed(project, "run", "water", "bad", "loud", "--json")
    kinds = {run["feed"]: run["error"]["kind"] for run in document(done)["runs"]}
    # The good ones got as far as the database, which is not there.
    assert kinds == {"water": "DatabaseError", "bad": "PluginError", "loud": "DatabaseError"}
