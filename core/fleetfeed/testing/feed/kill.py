"""A process that runs feeds in processes of its own, each of which kills itself at the boundary that it is told.

`python -m fleetfeed.testing.feed.kill` reads one job a line, forks, and tells how the fork ended. It has imported
everything already, so that a run costs what a run costs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.errors import FleetfeedError
from fleetfeed.hookspecs import hookimpl
from fleetfeed.testing.feed.subject import Subject

if TYPE_CHECKING:
    from fleetfeed.model import Changes, Snapshot

BOUNDARIES = (
    *("before source", "after source", "before upsert", "at the first row", "after upsert, before the commit"),
    *("after the commit, before archive", "after archive, before history", "after history"),
)
_SECONDS = 60  # for one run; one that hangs is no reason for its tests to hang, too


class Killer:
    """Kill this process at one boundary: nothing is flushed, closed or rolled back."""

    def __init__(self, at: str) -> None:
        self._at = at

    def _reached(self, boundary: str) -> None:
        if boundary == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    @hookimpl(wrapper=True)
    def feed_source(self) -> Generator[None, Snapshot | None, Snapshot | None]:
        """Before the listing, and when the export is spooled."""
        self._reached("before source")
        snapshot = yield
        self._reached("after source")
        return snapshot

    @hookimpl(wrapper=True)
    def feed_upsert(self) -> Generator[None, Changes, Changes]:
        """Before anything is staged, and when all is written but nothing committed."""
        self._reached("before upsert")
        changes = yield
        self._reached("after upsert, before the commit")
        return changes

    @hookimpl(wrapper=True)
    def feed_filter(self) -> Generator[None, str | None, str | None]:
        """While tickets are streamed."""
        self._reached("at the first row")
        return (yield)

    @hookimpl(wrapper=True)
    def feed_archive(self) -> Generator[None, list[str], list[str]]:
        """After the commit, and when everything is moved."""
        self._reached("after the commit, before archive")
        moved = yield
        self._reached("after archive, before history")
        return moved

    @hookimpl
    def feed_history(self) -> None:
        """After the core's capture: listeners are heard after it."""
        self._reached("after history")


class Killed:
    """Speak with the process that runs feeds to be killed."""

    @cached_property
    def _process(self) -> subprocess.Popen[str]:
        path = os.pathsep.join(filter(None, sys.path))
        return subprocess.Popen(
            [sys.executable, "-m", "fleetfeed.testing.feed.kill"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
            text=True,
        )

    def run(self, subject: Subject, url: str, folder: Path, at: str) -> str:
        """Run a feed in a process that is killed at a boundary; tell how it ended: `killed`, or the run's outcome."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("it was started with both")
        project = str(subject.project.absolute()) if subject.project else ""
        job = {"name": subject.name, "project": project, "url": url, "folder": str(folder), "at": at}
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        return str(json.loads(process.stdout.readline()))

    def close(self) -> None:
        """End the process, if it runs."""
        if "_process" in vars(self):
            self._process.communicate()


def main() -> None:
    """Run what stdin says, each in a fork; what plugins print goes to stderr."""
    import duckdb  # noqa: F401 (each fork finds it imported)

    from fleetfeed.reader import export  # noqa: F401
    from fleetfeed.testing.feed import sandbox  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        reading, writing = os.pipe()
        if (fork := os.fork()) == 0:
            _end(writing, **json.loads(line))
        os.close(writing)
        with os.fdopen(reading) as told:
            outcome = told.read()
        code = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
        ended = "killed" if code == -signal.SIGKILL else outcome or f"with code {code}"
        print(json.dumps(ended), file=answers, flush=True)


def _end(writing: int, **job: str) -> None:
    """Run a fork's job, tell what came of it, and end without what its parent wants to do at its own end."""
    try:
        outcome = _run(**job)
    except FleetfeedError as error:
        outcome = str(error)
    except BaseException:  # noqa: BLE001 (a fork must end here, whatever a plugin does)
        outcome = traceback.format_exc()
    os.write(writing, outcome.encode())
    os._exit(0)


def _run(name: str, project: str, url: str, folder: str, at: str) -> str:
    from fleetfeed.database import connect
    from fleetfeed.pipeline import run
    from fleetfeed.testing.feed.sandbox import job

    signal.alarm(_SECONDS)
    subject = Subject(name, Path(project) if project else None)
    subject.manager.register(Killer(at), "fleetfeed.testing")
    inbox, archive = Path(folder) / "inbox", Path(folder) / "archive"
    with connect(url, "conformance killed") as db:
        return run.run(job(subject.feed, subject.manager, inbox, archive, apply=True), db).outcome


if __name__ == "__main__":
    main()
