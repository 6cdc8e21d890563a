"""The kit as the author of a plugin meets it, in a project of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fleetfeed.database.embedded.server import throwaway_server
from tests.testing.kit import FEED, after, project

TEST = """from fleetfeed.testing import conformance, geocoder_conformance

test_feed = conformance("fibre")
test_geocoder = geocoder_conformance("register")
"""


def run(folder: Path, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a project as its author does."""
    (folder / "test_fibre.py").write_text(TEST)
    surroundings = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options],
        cwd=folder,
        env=surroundings | env,
        capture_output=True,
        text=True,
        check=False,
    )


# The two laws that take long are kept by the feeds of this project: tests/test_every_feed.py.
def test_a_sound_plugin_keeps_the_laws_and_one_line_is_all_of_its_test(tmp_path: Path) -> None:
    done = run(project(tmp_path), "-k", "not order and not convergence")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^11 passed", done.stdout, re.MULTILINE), done.stdout


def test_a_fault_is_reported_once_and_what_builds_on_it_is_not_looked_at(tmp_path: Path) -> None:
    done = run(project(tmp_path, after('@hookimpl\ndef feed_filter(row):\n    return ""\n')(FEED)), "-rs", "-k", "feed")
    assert re.search(r"^1 failed, 1 passed, 5 skipped", done.stdout, re.MULTILINE), done.stdout
    assert "feed fibre breaks [sample]" in done.stdout
    assert "skipped: [sample] has to hold first" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_feed_that_cannot_be_loaded_is_named_with_its_line(tmp_path: Path) -> None:
    done = run(project(tmp_path, after("import nowhere\n")(FEED)), "-k", "feed and declaration")
    assert "feed fibre cannot be tested for [declaration]" in done.stdout
    assert "No module named 'nowhere'" in done.stdout
    assert re.search(r"fibre/__init__\.py, line \d+", done.stdout)


def test_a_given_server_is_used_and_left_as_it_was(tmp_path: Path) -> None:
    with throwaway_server() as server:
        url = server.url("postgres")
        done = run(project(tmp_path), "-k", "sample or reading", TEST_DATABASE_URL=url)
        assert re.search(r"^2 passed", done.stdout, re.MULTILINE), done.stdout
        with psycopg.connect(url) as connection:
            names = connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall()
    assert [name for (name,) in names] == ["postgres", "template0", "template1"]


@pytest.mark.parametrize("missing", [["hypothesis"], ["pytest"], ["hypothesis", "pytest"]])
def test_without_its_libraries_the_kit_says_how_to_get_them(missing: list[str]) -> None:
    code = (
        "import importlib.util as util\nfind = util.find_spec\n"
        f"util.find_spec = lambda name: None if name in {missing} else find(name)\n"
        "import fleetfeed.testing"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"fleetfeed.testing needs {' and '.join(missing)}" in done.stderr
    assert "pip install -c constraints.txt '.[testing]'" in done.stderr
