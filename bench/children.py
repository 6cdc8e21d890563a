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


def fleetfeed(url: str, export: Path, project: Path, *, apply: bool = True) -> dict[str, Any]:
    """Load an export as the newest of a bucket; the bucket is a folder beside the project."""
    shutil.rmtree(project, ignore_errors=True)
    inbox = project / "inbox"
    inbox.mkdir(parents=True)
    (project / "fleetfeed.toml").write_text(PROJECT.format(inbox=inbox))
    os.link(export, inbox / "export.csv")  # a copy would leave the machine something to write while we measure
    os.utime(export)  # another time is another ETag
    return _document("bench.one_run", str(project), *["--apply"] * apply, DATABASE_URL=url)


def dlt_merge(url: str, export: Path, state: Path, way: str) -> dict[str, Any]:
    """Merge an export as dlt does; its state is a folder that lasts from one load to the next."""
    return _document("bench.dlt_merge", way, str(export), url, str(state))


def _document(module: str, *arguments: str, **environment: str) -> dict[str, Any]:
    start = perf_counter()
    done = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-m", module, *arguments],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    process = perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr.strip()}")
    document: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return document | {"process": process}
