"""The image: its Dockerfile is read and done here step by step, as no Docker runs where tests do.

What that leaves open stands in docs/operations.md.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from fleetfeed._version import __version__
from tests.deploy.dockerfile import Build, Stage, context, instructions
from tests.kit import ROOT

TEXT = (ROOT / "Dockerfile").read_text("utf-8")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return Build(tmp_path_factory.mktemp("image"))


@contextmanager
def container(stage: Stage, command: list[str], **env: str) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """Start a command as the first process of a container; give what watches it, and itself."""
    words = stage.root.words(command, env=stage.env | env, cwd=stage.folder, user=stage.user)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as outer:
        try:
            inner = None
            deadline = time.monotonic() + 60
            while inner is None:
                assert time.monotonic() < deadline
                assert outer.poll() is None, outer.communicate()
                found = [child for child in psutil.Process(outer.pid).children(recursive=True) if _is_in_it(child)]
                inner = found[0] if found else None
                time.sleep(0.02)
            yield outer, inner
        finally:
            outer.kill()


def _is_in_it(process: psutil.Process) -> bool:
    """Return whether the program itself is at work, and no more the shell that mounts its root."""
    try:
        return process.uids().real == 10001 and Path(process.exe()).name.startswith("python")
    except psutil.Error:
        return False


def hears(process: psutil.Process, number: signal.Signals) -> bool:
    """Return whether a process has a handler for a signal."""
    caught = re.search(r"^SigCgt:\t(\w+)", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    return bool(caught and int(caught[1], 16) >> (number - 1) & 1)


def run(stage: Stage, *command: str) -> str:
    return stage.root.run(command, env=stage.env, cwd=stage.folder, user=stage.user)


def test_the_linter_of_dockerfiles_has_nothing_to_say() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_build_context_holds_no_secrets_and_no_test_output() -> None:
    names = {path.parts[0] for path in context()}
    copied = {
        Path(source).parts[0]
        for name, rest in instructions(TEXT)
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert names == copied
    assert [
        path for path in context() if any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    ] == [Path("web", ".npmrc")]


def test_the_image_runs_unprivileged_in_the_projects_zone(build: Build) -> None:
    for name in ("idle", "schedule"):
        stage = build.stages[name]
        assert (stage.user, stage.folder, stage.env["TZ"]) == ("10001:10001", "/app", "Africa/Nairobi")
        assert stage.says["CMD"][0] in ("python", "fleetfeed")
    assert build.last is build.stages["schedule"]
    assert build.last.says["CMD"] == ["fleetfeed", "schedule", "run"]
    assert run(build.last, "date", "+%Z").strip() == "EAT"
    said = run(build.last, "sh", "-c", "id -u; touch /tmp/here && echo there; touch /app/here || echo and nothing else")
    assert said.split("\n") == ["10001", "there", "and nothing else", ""]


def test_what_was_installed_is_the_program_with_its_own_packages_alone(build: Build) -> None:
    assert run(build.last, "fleetfeed", "--version").strip() == f"fleetfeed {__version__}"
    where = "import fleetfeed, sys; print(fleetfeed.__file__, sys.prefix)"
    file, prefix = run(build.last, "python", "-c", where).split()
    assert (prefix, file.startswith("/opt/fleetfeed/")) == ("/opt/fleetfeed", True)
    installed = set(
        run(
            build.last, "ls", f"/opt/fleetfeed/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        ).split()
    )
    assert {"cronsim", "duckdb", "psycopg"} <= installed
    assert not installed & {"pip", "setuptools", "hatchling", "pytest", "ruff", "mypy"}
    assert not build.last.root.upper("/src").exists()


def test_every_package_is_of_the_version_that_was_tested(build: Build) -> None:
    code = "import json; from importlib.metadata import distributions as all; "
    code += "print(json.dumps({one.name.lower(): one.version for one in all()}))"
    found = json.loads(run(build.last, "python", "-c", code))
    pinned = dict(line.lower().split("==") for line in (ROOT / "constraints.txt").read_text().split())
    assert found.pop("fleetfeed") == __version__
    assert {name: pinned.get(re.sub("[-_.]+", "-", name), pinned.get(name)) for name in found} == found


def test_the_plugins_of_the_project_are_there(build: Build) -> None:
    document = json.loads(run(build.last, "fleetfeed", "plugins", "--json"))
    assert {row["name"]: row["origin"] for row in document["plugins"] if row["feed"]} == {
        "inc": "/app/feeds/inc",
        "crq": "/app/feeds/crq",
    }


def test_a_feed_that_is_mounted_into_the_project_is_found(build: Build) -> None:
    feed = (ROOT / "feeds" / "inc" / "__init__.py").read_text("utf-8").replace('name="inc"', 'name="extra"')
    build.last.root.write("/app/feeds/extra/__init__.py", feed)
    try:
        names = {row["name"] for row in json.loads(run(build.last, "fleetfeed", "plugins", "--json"))["plugins"]}
    finally:
        shutil.rmtree(build.last.root.upper("/app/feeds/extra"))
    assert {"inc", "crq", "extra"} <= names


def test_the_earlier_programs_own_call_works_in_it(build: Build) -> None:
    done = subprocess.run(
        build.last.root.words(
            ["python", "import_tickets.py", "--from-bucket", "--apply"],
            env=build.last.env,
            cwd=build.last.folder,
            user=build.last.user,
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error:  No database is named.")


def test_the_image_is_healthy_without_services_but_not_with_bad_settings(build: Build) -> None:
    check = build.last.says["HEALTHCHECK"]
    assert "inc     */20 6-20 * * *" in run(build.last, *check)
    wrong = build.last.env | {"FLEETFEED_FEEDS__INC__SCHEDULE": "hourly"}
    words = build.last.root.words(check, env=wrong, cwd=build.last.folder, user=build.last.user)
    assert subprocess.run(words, capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize("name", ["idle", "schedule"])
def test_the_first_process_of_a_container_ends_on_sigterm_within_seconds(build: Build, name: str) -> None:
    stage = build.stages[name]
    # A database that cannot be reached: what runs fails at once, and the schedule waits.
    with container(stage, stage.says["CMD"], DATABASE_URL="postgresql://127.0.0.1:1/none") as (outer, inner):
        while name == "schedule" and outer.stderr and "run ended" not in outer.stderr.readline():
            assert outer.poll() is None
        while not hears(inner, signal.SIGTERM):
            time.sleep(0.02)
        began = time.monotonic()
        inner.send_signal(signal.SIGTERM)
        assert outer.wait(10) == 0
        assert time.monotonic() - began < 8
