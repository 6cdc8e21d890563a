"""An earlier commit of fleetfeed, checked out beside this one, to measure both in one run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bench.children import ROOT, run_python

TAKER = "earlier commit"
BEFORE = "13f3e8b"  # before the work on speed began
_MIGRATE = """
import sys
from pathlib import Path
from bench.exports import FEED
from fleetfeed.database import connect
from fleetfeed.database.schema.migrate import migrate
with connect(sys.argv[1], "bench") as db:
    migrate(db, Path("migrations"), [FEED])
"""


def check_out(commit: str, folder: Path) -> Path:
    """Extract a commit's files to a folder. Raises CalledProcessError if git does not know the commit."""
    archive = folder.with_suffix(".tar")
    git = ["git", "archive", "--output", str(archive), commit]
    subprocess.run(git, cwd=ROOT, check=True)  # noqa: S603 (the name of a commit)
    folder.mkdir()
    tar = ["tar", "-xf", str(archive), "-C", str(folder)]
    subprocess.run(tar, check=True)  # noqa: S603 (what git has just written)
    archive.unlink()
    return folder


def file_of(commit: str, path: str) -> str:
    """Return the text of a file of a commit. Raises CalledProcessError if git does not know it."""
    show = ["git", "show", f"{commit}:{path}"]
    return subprocess.run(show, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 (our commit)


def migrate(root: Path, url: str) -> None:
    """Create the tables of that commit."""
    run_python("-c", _MIGRATE, url, root=root)
