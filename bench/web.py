"""What the web server costs: processor time of its process per request, and memory after many of them.

2,500 open tickets of 21,312. A document that is kept is compared with a file of about its size that lies in memory,
one that is not with the same call by psycopg.
"""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import psutil

from bench.children import ROOT
from bench.dashboard import fill
from bench.imports import show
from bench.workloads import SMALL
from fleetfeed.database import connect
from fleetfeed.database.embedded.server import throwaway_server

ROUNDS, REQUESTS, MANY = 9, 200, 10_000
SIZE = 90_000  # bytes of the file: what the dashboard's document is, gzipped
NOTHING_NEW, KEPT, FILE = "a poll that finds nothing new (304)", "a kept dashboard (200)", "a file of its size"
COMPUTED, BY_HAND = "a dashboard that is computed", "the same call by psycopg"
GROWTH = f"memory of the web server after {MANY:,} requests, in bytes"
TARGETS = {NOTHING_NEW: (KEPT, 0.5), KEPT: (FILE, 2.0), COMPUTED: (BY_HAND, 1.1)}
BYTES = {GROWTH: 20_000_000}
_DASHBOARD = "/api/v1/feeds/inc/dashboard"
_FILE = "/overlays/file.geojson"
_CALL = "SELECT reporting.fn_inc_dashboard(NULL, NULL, 'custom', %s, %s)::text"
_UNTIL = "2026-11-30T00:00:00+00:00"
_SERVE = """
import sys
from fleetfeed.cli.serve import serve_project
from fleetfeed.project import Project
project = Project.load(sys.argv[1], {"database.url": sys.argv[2], "serve.port": 0})
serve_project(project, is_sample=True)
"""
_PROJECT = """
[project]
timezone = "Africa/Nairobi"

[feeds.inc]
source = "file:///nowhere/"

[serve.map]
overlays = ["file.geojson"]
"""


@dataclass(frozen=True)
class Asked:
    """A running server, and one connection to it."""

    process: psutil.Process
    connection: http.client.HTTPConnection

    def get(self, path: str, etag: str = "") -> str:
        """Get a path; return its ETag."""
        headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": etag} if etag else {})
        self.connection.request("GET", path, headers=headers)
        response = self.connection.getresponse()
        response.read()
        if response.status != (304 if etag else 200):
            raise RuntimeError(f"{path}: {response.status}")
        return response.headers["ETag"]

    def cpu(self, ask: Callable[[], object]) -> float:
        """Return the server's seconds of processor time per request."""
        before = self._used()
        for _ in range(REQUESTS):
            ask()
        return (self._used() - before) / REQUESTS

    def _used(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take all times in turns, then the growth of memory."""
    taken: dict[str, list[float]] = {name: [] for name in (NOTHING_NEW, KEPT, FILE, COMPUTED, BY_HAND, GROWTH)}
    with throwaway_server() as server:
        url = server.create_database("web")
        fill(url, SMALL)
        with served(url) as asked:
            etag = asked.get(_DASHBOARD)
            for number in range(rounds):
                taken[FILE].append(asked.cpu(partial(asked.get, _FILE)))
                taken[KEPT].append(asked.cpu(partial(asked.get, _DASHBOARD)))
                taken[NOTHING_NEW].append(asked.cpu(partial(asked.get, _DASHBOARD, etag)))
                since = f"2026-11-{number + 1:02}T00:00:00+00:00"
                taken[COMPUTED].append(seconds(partial(asked.get, f"{_path(since)}")))
                taken[BY_HAND].append(seconds(partial(_call, url, since)))
            taken[GROWTH].append(_growth(asked))
    return taken


def _growth(asked: Asked) -> float:
    before = asked.process.memory_info().rss
    for number in range(MANY):
        asked.get(f"{_DASHBOARD}?cluster=cluster+{number}" if number % 20 == 0 else _DASHBOARD)
    return float(max(0, asked.process.memory_info().rss - before))


def _path(since: str) -> str:
    return f"{_DASHBOARD}?window=custom&from={since.replace('+', '%2B')}&to={_UNTIL.replace('+', '%2B')}"


def _call(url: str, since: str) -> None:
    with connect(url, "bench") as db:
        db.one(_CALL, [since, _UNTIL])


def seconds(ask: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = perf_counter()
    ask()
    return perf_counter() - start


@contextmanager
def served(url: str) -> Iterator[Asked]:
    """Serve a database, and yield a connection to the server."""
    with tempfile.TemporaryDirectory(prefix="fleetfeed-bench-") as name:
        folder = Path(name)
        (folder / "fleetfeed.toml").write_text(_PROJECT)
        noise = random.Random(1).randbytes(SIZE).hex()  # noqa: S311 (as hard to compress as it is to guess)
        (folder / "file.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [], "noise": noise}))
        command = [sys.executable, "-c", _SERVE, str(folder), url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own)
            try:
                line = process.stdout.readline() if process.stdout else ""
                address = line.rpartition("//")[2].strip().rstrip("/")
                yield Asked(psutil.Process(process.pid), http.client.HTTPConnection(address, timeout=60))
            finally:
                process.terminate()


if __name__ == "__main__":
    found = measure()
    print(", ".join(f"{what}: {found.pop(what)[0]:,.0f}" for what in BYTES))
    show(found, TARGETS)
