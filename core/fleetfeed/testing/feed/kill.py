"""Run feeds in child processes that kill themselves at a given boundary.

`python -m fleetfeed.testing.feed.kill` reads one job per line, forks, and prints how the fork ended. Its imports are
done before the first fork, so that a run starts at once.
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
_SECONDS = 60  # for one run, so that a hanging one does not hang its tests


class Killer:
    """Plugin that kills this process at one boundary: nothing is flushed, closed or rolled back."""

    def __init__(self, at: str) -> None:
        self._at = at

    def _reached(self, boundary: str) -> None:
        if boundary == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    @hookimpl(wrapper=True)
    def feed_source(self) -> Generator[None, Snapshot | None, Snapshot | None]:
        """Before the listing, and after the export is spooled."""
        self._reached("before source")
        snapshot = yield
        self._reached("after source")
        return snapshot

    @hookimpl(wrapper=True)
    def feed_upsert(self) -> Generator[None, Changes, Changes]:
        """Before anything is staged, and after all is written but not committed."""
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
        """After the commit, and after the files are moved."""
        self._reached("after the commit, before archive")
        moved = yield
        self._reached("after archive, before history")
        return moved

    @hookimpl
    def feed_history(self) -> None:
        """After the core's capture; other listeners follow."""
        self._reached("after history")


class Killed:
    """Client of the process that runs feeds to be killed."""

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
        """Run a feed and kill it at a boundary. Returns "killed", or the outcome of a run that did not get there."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("it was started with both")
        project = str(subject.project.absolute()) if subject.project else ""
        job = {"name": subject.name, "project": project, "url": url, "folder": str(folder), "at": at}
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        return str(json.loads(process.stdout.readline()))

    def close(self) -> None:
        """End the process if it runs."""
        if "_process" in vars(self):
            self._process.communicate()


def main() -> None:
    """Run each job of stdin in a fork. What plugins print goes to stderr."""
    import duckdb  # noqa: F401 (imported once, for all forks)

    from fleetfeed.reader import export  # noqa: F401
    from fleetfeed.testing.feed import sandbox  # noqa: F401

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        reading, writing = os.pipe()
        if (fork := os.fork()) == 0:
            _end(writing, **json.loads(line))
        os.close(writing)
        with os.fdopen(reading) as pipe:
            outcome = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
        ended = "killed" if code == -signal.SIGKILL else outcome or f"with code {code}"
        print(json.dumps(ended), file=answers, flush=True)


def _end(writing: int, **job: str) -> None:
    """Run a fork's job, report the outcome, and exit without the parent's exit handlers."""
    try:
        outcome = _run(**job)
    except FleetfeedError as error:
        outcome = str(error)
    except BaseException:  # noqa: BLE001 (the fork must exit here in any case)
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
