"""Reads a Dockerfile, and does its steps without Docker: in an overlay over this machine's root."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from string import Template

from tests.deploy.overlay import Overlay
from tests.kit import ROOT

BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
PIP = "/usr/local/lib/pip"


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Give each instruction and what follows it."""
    without = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    for line in without.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest.strip()


@cache
def context() -> list[Path]:
    """List the files of the checkout that .dockerignore lets through, as paths below it."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    tops = (path for path in sorted(ROOT.iterdir()) if not path.name.startswith("."))  # no rule lets those in
    files = (file for top in tops for file in ([top] if top.is_file() else sorted(top.rglob("*"))) if file.is_file())
    return [path for path in (file.relative_to(ROOT) for file in files) if not _ignored(path, rules)]


def _ignored(path: Path, rules: list[str]) -> bool:
    """Go by the last rule that fits the file or a folder above it, as Docker does."""
    ignored = False
    for rule in rules:
        pattern, lets_in = rule.removeprefix("!"), rule.startswith("!")
        anywhere = pattern.removeprefix("**/")
        names = path.parts if anywhere != pattern else [str(up) for up in (path, *path.parents)][:-1]
        if any(fnmatch(name, anywhere) for name in names):
            ignored = not lets_in
    return ignored


@dataclass
class Stage:
    """Hold what a stage has made, and what it says of running it."""

    root: Overlay
    env: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    folder: str = "/"
    user: str = "0:0"
    says: dict[str, list[str]] = field(default_factory=dict)  # CMD, HEALTHCHECK


class Build:
    """Build all stages of the Dockerfile."""

    def __init__(self, folder: Path) -> None:
        """Do each step; a step that fails is an error."""
        self.folder, self.stages = folder, dict[str, Stage]()
        stage: Stage | None = None
        for name, rest in instructions((ROOT / "Dockerfile").read_text("utf-8")):
            if name == "FROM":
                image, _, title = rest.split()
                stage = self.stages[title] = self._from(image, title)
            else:
                assert stage is not None
                getattr(self, f"_{name.lower()}")(stage, rest)

    @property
    def last(self) -> Stage:
        """The stage that is the image."""
        return list(self.stages.values())[-1]

    def _from(self, image: str, title: str) -> Stage:
        if image in self.stages:
            base = self.stages[image]
            return Stage(base.root, dict(base.env), base.folder, base.user, dict(base.says))
        assert re.fullmatch(r"python:3\.12-slim", image)
        root = Overlay(self.folder / title, hidden=ROOT, shown={PIP: ROOT / ".venv"})
        # What that image has, and this machine need not have: `python` and `pip`.
        real = Path(sys.executable).resolve()
        root.write("/usr/local/bin/python", f'#!/bin/sh\nexec {real} "$@"\n')
        root.write("/usr/local/bin/pip", f'#!/bin/sh\nexec {PIP}/bin/python -m pip "$@"\n')
        root.open_way_to(real)
        return Stage(root)

    def _workdir(self, stage: Stage, rest: str) -> None:
        stage.folder = rest
        stage.root.make(rest)

    def _env(self, stage: Stage, rest: str) -> None:
        for assignment in shlex.split(rest):
            name, _, value = assignment.partition("=")
            stage.env[name] = Template(value).substitute(stage.env)

    def _user(self, stage: Stage, rest: str) -> None:
        stage.user = rest

    def _cmd(self, stage: Stage, rest: str) -> None:
        stage.says["CMD"] = json.loads(rest)

    def _healthcheck(self, stage: Stage, rest: str) -> None:
        stage.says["HEALTHCHECK"] = json.loads(rest.partition(" CMD ")[2])

    def _run(self, stage: Stage, rest: str) -> None:
        stage.root.run(["/bin/sh", "-c", rest], env=stage.env, cwd=stage.folder, user=stage.user, pip=True)

    def _copy(self, stage: Stage, rest: str) -> None:
        *sources, target = rest.split()
        if sources[0].startswith("--from="):
            other = self.stages[sources.pop(0).removeprefix("--from=")]
            stage.root.take(other.root, sources[0], target)
            return
        place = Path(stage.folder, target)
        for source in sources:
            found = [path for path in context() if path == Path(source) or Path(source) in path.parents]
            assert found, f"COPY {source}: not in the context"
            for path in found:
                inside = path.relative_to(source) if path != Path(source) else Path(path.name)
                goal = stage.root.upper(str(place / inside))
                goal.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, goal)
