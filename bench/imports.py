"""How long a command takes that has nothing to do, against the libraries it cannot do without.

Scheduled every 20 minutes, most runs find nothing new: what they cost is starting Python and importing. `health` is
asked even more often. All are measured in one run, in turns, so that a busy machine is unfair to none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

from fleetfeed.buckets.local_server import local_s3
from fleetfeed.database.embedded.server import throwaway_server

ROOT = Path(__file__).parents[1]
ROUNDS = 9
FLEETFEED = [sys.executable, "-m", "fleetfeed"]
EMPTY = "import typer; app = typer.Typer(); app.command()(lambda: None); app()"
TYPER = "an empty typer program --help"
LIBRARIES = "import psycopg, pydantic, typer"
WITH_S3 = "import botocore.client, psycopg, pydantic, typer"
HELP, UNCHANGED = "fleetfeed --help", "fleetfeed run inc --apply, unchanged"
HEALTH, STATUS = "fleetfeed health", "fleetfeed status"
COMMANDS = {
    TYPER: [sys.executable, "-c", EMPTY, "--help"],
    HELP: [*FLEETFEED, "--help"],
    WITH_S3: [sys.executable, "-c", WITH_S3],
    UNCHANGED: [*FLEETFEED, "--quiet", "run", "inc", "--apply"],
    LIBRARIES: [sys.executable, "-c", LIBRARIES],
    HEALTH: [*FLEETFEED, "health"],
    STATUS: [*FLEETFEED, "status"],
}
TARGETS = {  # what → against what, and at most how many times as long
    HELP: (TYPER, 1.3),
    UNCHANGED: (WITH_S3, 1.3),
    HEALTH: (LIBRARIES, 2.0),
    STATUS: (LIBRARIES, 2.0),
}
PROJECT = """
[project]
timezone = "Africa/Nairobi"

[feeds.inc]
source = "s3://tickets/exports/"
archive = false
"""


def seconds(command: list[str], env: dict[str, str], folder: Path) -> float:
    """Run a command, which must succeed, and return the seconds it took."""
    start = perf_counter()
    subprocess.run(command, env=env, cwd=folder, check=True, capture_output=True)  # noqa: S603 (our own)
    return perf_counter() - start


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Take the times of each command, after one round that fills the caches and loads the export."""
    with tempfile.TemporaryDirectory(prefix="fleetfeed-bench-") as name, throwaway_server() as server:
        folder = Path(name)
        inbox = folder / "store" / "tickets" / "exports"
        inbox.mkdir(parents=True)
        (folder / "fleetfeed.toml").write_text(PROJECT)
        (inbox / "sample.csv").write_bytes((ROOT / "feeds" / "inc" / "sample.csv").read_bytes())
        with local_s3(folder / "store") as store:
            env = os.environ | {
                "DATABASE_URL": server.create_database("bench"),
                "RUSTFS_ENDPOINT": store.endpoint_url,
                "RUSTFS_ACCESS_KEY": store.access_key,
                "RUSTFS_SECRET_KEY": store.secret_key,
            }
            seconds([*FLEETFEED, "migrate"], env, folder)
            took = [
                {name: seconds(command, env, folder) for name, command in COMMANDS.items()} for _ in range(rounds + 1)
            ]
    return {name: [times[name] for times in took[1:]] for name in COMMANDS}


def show(times: Mapping[str, list[float]], targets: Mapping[str, tuple[str, float]]) -> None:
    """Print a table."""
    took = {name: median(each) for name, each in times.items()}
    for what, time in took.items():
        against, most = targets.get(what, ("", 0.0))
        text = f"{time / took[against]:5.2f} ×  (target: at most {most:g} ×)" if against else ""
        print(f"{what:<52} {time:7.3f} s  {text}".rstrip())


if __name__ == "__main__":
    show(measure(), TARGETS)
