"""A Dask scheduler and workers on this machine, as their users start them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.kit import ROOT

_ADDRESS = re.compile(r"Scheduler at:\s+(\S+)")
_READY = "Registered to:"


@dataclass
class Servers:
    """A scheduler, and its workers."""

    scheduler: subprocess.Popen[str]
    address: str
    folder: Path
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def add_worker(self, project: Path, **environment: str) -> subprocess.Popen[str]:
        """Start `fleetfeed worker`, and wait until the scheduler knows it."""
        command = [sys.executable, "-m", "fleetfeed", "--project", str(project), "worker", "--scheduler", self.address]
        worker = _start(command, self.folder, environment)
        self.workers.append(worker)
        _wait_for(worker, _READY)
        return worker

    def kill(self, process: subprocess.Popen[str]) -> None:
        """Kill a process, and wait for its end."""
        process.kill()
        process.wait()

    def end_workers(self) -> None:
        """End all workers; the scheduler forgets each when its connection is closed."""
        while self.workers:
            _end(self.workers.pop())


@contextmanager
def dask(folder: Path, protocol: str = "tcp", environment: Mapping[str, str] | None = None) -> Iterator[Servers]:
    """Run a scheduler on loopback; it and all workers end with the test."""
    where = ["--no-dashboard", "--host", f"{protocol}://127.0.0.1", "--port", "0"]
    scheduler = _start([sys.executable, "-m", "distributed.cli.dask_scheduler", *where], folder, environment or {})
    found = Servers(scheduler, _wait_for(scheduler, _ADDRESS.pattern), folder)
    try:
        yield found
    finally:
        for process in (*found.workers, scheduler):
            _end(process)


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return what a process has started: a nanny's worker is the Python process that it watches."""
    found = psutil.Process(process.pid).children(recursive=True)
    return [child for child in found if "resource_tracker" not in " ".join(child.cmdline())]


def _start(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**known, "PYTHONPATH": str(ROOT / "core"), "DASK_LOGGING__DISTRIBUTED": "info", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    """Read its log until a line matches, and return the first group."""
    seen = []
    for line in process.stderr or ():
        seen.append(line)
        if found := re.search(pattern, line):
            return found[1] if found.groups() else ""
    raise AssertionError("".join(seen))


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr:
        process.stderr.close()
