"""Run a feed in child processes that kill themselves, each at another boundary."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from time import sleep
from typing import Any

from fleetfeed.database import connect
from fleetfeed.pipeline import run
from fleetfeed.testing.feed.bench import Bench, job
from fleetfeed.testing.feed.subject import Subject

# Nothing is flushed, closed or rolled back there.
BOUNDARIES = (
    *("before feed_source", "after feed_source", "before feed_upsert", "after feed_upsert"),  # nothing is committed
    *("before feed_archive", "after feed_archive", "after feed_history"),  # everything is
)
_SECONDS = 60  # for one run, so that a hanging one does not hang its tests
_WHO = "conformance killed"
_OTHERS = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name ~ %s"
)


def kill_at_every_boundary(subject: Subject, bench: Bench) -> str:
    """Kill one run after the other, with -9. Returns the error of one that was not killed, or ""."""
    project = {"FLEETFEED_PROJECT": str(subject.project.absolute())} if subject.project else {}
    done = subprocess.run(  # noqa: S603 (our own module; a new process, as this one may have threads)
        [sys.executable, "-m", "fleetfeed.testing.feed.kill", subject.name, bench.url, str(bench.folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | project,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return (done.stderr or f"exit code {done.returncode}") if done.returncode else ""


def main(name: str, url: str, folder: str) -> None:
    """Run a feed once for each boundary, in a fork that is killed there."""
    import duckdb  # noqa: F401 (imported once, for all forks)

    from fleetfeed.reader import export  # noqa: F401

    for boundary in BOUNDARIES:
        if (fork := os.fork()) == 0:
            try:
                outcome = _run(name, url, Path(folder), boundary)
            except BaseException:  # noqa: BLE001 (the fork must exit here in any case)
                outcome = traceback.format_exc()
            os.write(2, f"a run that should get as far as {boundary!r} ends: {outcome}".encode())
            os._exit(1)  # without the exit handlers of this process
        if (code := os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])) != -signal.SIGKILL:
            took_long = " (it took too long)" if code == -signal.SIGALRM else ""
            sys.exit(f"\nthe run to be killed at {boundary!r} ended with code {code}{took_long}")


def _run(name: str, url: str, folder: Path, at: str) -> str:
    def reached(boundary: str) -> None:
        if boundary == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(hook: str, *_: Any) -> None:
        reached(f"before {hook}")

    def after(_: Any, hook: str, *__: Any) -> None:
        reached(f"after {hook}")

    signal.alarm(_SECONDS)
    subject = Subject(name)
    subject.manager.add_hookcall_monitoring(before, after)
    with connect(url, _WHO) as db:
        while db.one(_OTHERS, [_WHO]):  # the server has yet to notice that the last one was killed
            sleep(0.002)
        report = run.run(job(subject.feed, subject.manager, folder, apply=True), db)
        return f"{report.outcome} {report.error or ''}"


if __name__ == "__main__":
    main(*sys.argv[1:])
