"""Starts what is measured, each time in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[1]
PROJECT = """
[project]
timezone = "Africa/Nairobi"

[feeds.inc]
source = "file://{inbox}/"
archive = "file://{inbox}/processed/"
"""


def fleetfeed(url: str, export: Path, project: Path, *, apply: bool = True, root: Path = ROOT) -> dict[str, Any]:
    """Load an export as the newest of a bucket, a folder beside the project; by the code in `root`."""
    shutil.rmtree(project, ignore_errors=True)
    inbox = project / "inbox"
    inbox.mkdir(parents=True)
    (project / "fleetfeed.toml").write_text(PROJECT.format(inbox=inbox))
    os.link(export, inbox / "export.csv")  # a copy would leave dirty pages to be written during the measurement
    os.utime(export)  # another time is another ETag
    return _document("bench.one_run", str(project), *["--apply"] * apply, root=root, DATABASE_URL=url)


def dlt_merge(url: str, export: Path, state: Path, way: str) -> dict[str, Any]:
    """Merge an export with dlt; `state` is its folder, kept from one load to the next."""
    return _document("bench.dlt_merge", way, str(export), url, str(state))


def run_python(*arguments: str, root: Path = ROOT, **environment: str) -> str:
    """Run Python with the code in `root`; return its output. Raises RuntimeError if it fails."""
    done = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'core'}"} | environment,
        cwd=root,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"python {arguments[0]} {arguments[1]} failed:\n{done.stderr.strip()}")
    return done.stdout


def _document(module: str, *arguments: str, root: Path = ROOT, **environment: str) -> dict[str, Any]:
    start = perf_counter()
    output = run_python("-m", module, *arguments, root=root, **environment)
    process = perf_counter() - start
    document: dict[str, Any] = json.loads(output.splitlines()[-1])
    return document | {"process": process}
