"""What a rebuild costs: in one process, by worker processes, and by Dask; against a loop of `run --file`.

129 exports of 21,312 tickets, of which 1 % change from one to the next. Processor time is that of all processes, with
the server's. The writer is what the driver and the server use while workers prepare.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psutil

from bench.children import PROJECT, ROOT
from bench.cpu import used
from bench.exports import LATER, Row, tickets, with_cells, write
from bench.imports import show
from bench.memory import peak_megabytes
from bench.server import Site
from bench.workloads import SMALL
from fleetfeed.database.embedded.files import TEMPORARY
from fleetfeed.database.embedded.server import throwaway_server

EXPORTS, ROUNDS, WORKERS = 129, 3, 2
LOOP, SERIAL = "129 exports by `run --file`, processor time", "129 exports by a serial rebuild, processor time"
WRITER = "the ordered writer of that rebuild, processor time"
POOLED = "129 exports by a rebuild with 2 processes, processor time"
SERIAL_WALL = "129 exports by a serial rebuild, elapsed"
POOL_WALL = "129 exports by a rebuild with 2 processes, elapsed"
DASK_WALL = "129 exports by a rebuild with 2 Dask workers, elapsed"
TARGETS = {
    SERIAL: (LOOP, 0.80),
    WRITER: (LOOP, 0.16),
    POOLED: (SERIAL, 1.15),
    POOL_WALL: (SERIAL_WALL, 1 / 1.5),
    DASK_WALL: (POOL_WALL, 1.15),
}
DRIVER_PEAK, WORKER_PEAK = "peak memory of a rebuild with 2 processes", "peak memory of a worker of that rebuild"
BYTES = {DRIVER_PEAK: 150_000_000, WORKER_PEAK: 400_000_000}
_MORE = """load = "each"

[executor]
workers = {workers}
scheduler = "{scheduler}"
"""


def measure(rounds: int = ROUNDS, exports: int = EXPORTS) -> dict[str, list[float]]:
    """Take all times in turns."""
    names = (LOOP, SERIAL, WRITER, POOLED, SERIAL_WALL, POOL_WALL, DASK_WALL, DRIVER_PEAK, WORKER_PEAK)
    taken: dict[str, list[float]] = {name: [] for name in names}
    scratch = tempfile.TemporaryDirectory(prefix="fleetfeed-bench-", dir=TEMPORARY)
    with scratch as name, throwaway_server() as server, Site(server) as site, _dask(Path(name)) as scheduler:
        folder = Path(name)
        _write_exports(folder, exports, scheduler)
        url, other = (server.create_database(which) for which in ("rebuilt", "looped"))
        for each in (url, other):
            _child("migrate", folder, each)
        _child("load", folder, url)
        for _ in range(rounds):
            with used(site) as loop:
                _child("loop", folder, other)
            with used(site) as serial:
                alone = _child("serial", folder, url)
            with used(site) as pooled:
                pool = _child("processes", folder, url)
            spread = _child("dask", folder, url)
            found = {LOOP: loop.seconds, SERIAL: serial.seconds, POOLED: pooled.seconds}
            found |= {WRITER: pool["driver"] + pool["server"], SERIAL_WALL: alone["elapsed"]}
            found |= {POOL_WALL: pool["elapsed"], DASK_WALL: spread["elapsed"]}
            found |= {DRIVER_PEAK: 1e6 * pool["peak"], WORKER_PEAK: 1e6 * pool["worker"]}
            for key, value in found.items():
                taken[key].append(value)
    return taken


def _write_exports(folder: Path, exports: int, scheduler: str) -> None:
    """Write a project, and its exports; in each 1 % of the tickets have another owner, and 0.2 % are new."""
    rows = list(tickets(SMALL + exports * SMALL // 500))
    inbox = folder / "inbox"
    inbox.mkdir()
    (folder / "fleetfeed.toml").write_text(
        PROJECT.format(inbox=inbox) + _MORE.format(workers=WORKERS, scheduler=scheduler)
    )
    start = os.stat(folder).st_mtime - 3600 * (exports + 1)
    for number in range(exports):
        rows[:] = [_changed(row, place, number) for place, row in enumerate(rows)]
        path = inbox / f"{number:04}.csv"
        write(path, rows[: SMALL + number * SMALL // 500])
        os.utime(path, (start + 3600 * number,) * 2)


def _changed(row: Row, place: int, number: int) -> Row:
    if place % 100 != number % 100:
        return row
    return with_cells(row, owner=f"Owner of export {number}", source_updated_at=LATER)


@contextmanager
def _dask(folder: Path) -> Iterator[str]:
    """Run a scheduler and two workers, of which each is a process."""
    address = f"tcp://127.0.0.1:{_free_port()}"
    python, environment = [sys.executable, "-m"], os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'core'}"}
    scheduler = ["distributed.cli.dask_scheduler", "--host", address, "--no-dashboard"]
    workers = ["fleetfeed", "--project", str(folder), "worker", "--scheduler", address, "--workers", str(WORKERS)]
    (folder / "fleetfeed.toml").write_text(PROJECT.format(inbox=folder / "inbox"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in (scheduler, workers):
            made = subprocess.Popen([*python, *command], env=environment, stderr=subprocess.DEVNULL)  # noqa: S603 (ours)
            started.append(made)
        yield address
    finally:
        for process in reversed(started):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _child(way: str, folder: Path, url: str) -> dict[str, Any]:
    output = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-m", "bench.rebuild", way, str(folder)],
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'core'}", "DATABASE_URL": url},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def run(way: str, folder: Path) -> dict[str, float]:
    """Do one thing in this process, and return what it took."""
    from fleetfeed.database.schema.migrate import migrate
    from fleetfeed.project import Project

    project = Project.load(folder)
    start = perf_counter()
    if way == "migrate":
        with project.database("bench") as db:
            migrate(db, project.migrations, project.feeds([], every=True))
    elif way == "load":
        while project.run("inc", apply=True).snapshot is not None:
            pass
    elif way == "loop":
        for path in sorted((folder / "inbox" / "processed").glob("*.csv")):
            report = project.run("inc", apply=True, file=path, allow_older=True)
            if report.error:
                raise report.error
    else:
        return _rebuild(project, way)
    return {"elapsed": perf_counter() - start}


def _rebuild(project: Any, way: str) -> dict[str, float]:
    from fleetfeed.executors.choice import Executor
    from fleetfeed.rebuild.work import Rebuild
    from fleetfeed.states import ExecutorKind

    (feed,) = project.feeds(["inc"])
    executor = Executor(project.loaded.settings.executor.of_kind(ExecutorKind(way)), str(project.folder))
    with project.database("bench") as db:
        worker, peaks = count(), [0.0]

        def look(_: object) -> None:
            if next(worker) % 16 == 15:
                children = psutil.Process().children(recursive=True)
                peaks.extend(child.memory_info().rss / 1e6 for child in children)

        rebuild = Rebuild(project.job(feed, apply=True), db, look, executor)
        rebuild.drop()
        server = psutil.Process(db.connection.info.backend_pid)
        start, before, there = perf_counter(), process_time(), sum(server.cpu_times()[:2])
        rebuild.replay()
        found = {
            "elapsed": perf_counter() - start,
            "driver": process_time() - before,
            "server": sum(server.cpu_times()[:2]) - there,
            "peak": peak_megabytes(),
            "worker": round(max(peaks), 1),
        }
        rebuild.drop()
    return found


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
    else:
        found = measure()
        print(", ".join(f"{what}: {max(found.pop(what)):,.0f} bytes" for what in BYTES))
        show(found, TARGETS)
