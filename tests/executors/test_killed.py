"""A rebuild whose own process is killed goes on where it was, and leaves no worker behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil

from tests.executors.kit import Scene
from tests.kit import ROOT

_APPLY = ("rebuild", "inc", "--apply", "--executor", "processes")
_STEPS = 3  # exports that it may load before it is killed


def _start(scene: Scene, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fleetfeed", "--project", str(scene.folder), *_APPLY]
    return subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT / "core"), "DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _killed_on_its_way(running: subprocess.Popen[str]) -> list[psutil.Process] | None:
    """Kill it after some exports, and return what it had started; None if it came to its end."""
    seen, started = 0, None
    for line in running.stderr or ():
        seen += " exports, " in line
        if seen == _STEPS and started is None:
            started = psutil.Process(running.pid).children(recursive=True)
            running.kill()
    running.wait()
    if running.stderr:
        running.stderr.close()
    return started if running.returncode == -signal.SIGKILL else None


def test_it_is_killed_again_and_again_and_ends_equal(scene: Scene, url: str) -> None:
    with (scene.folder / "fleetfeed.toml").open("a") as file:
        file.write("\n[executor]\nworkers = 2\nchunk = 1\n")
    killed = 0
    while (workers := _killed_on_its_way(running := _start(scene, url))) is not None:
        killed += 1
        assert len(workers) > 1
        assert psutil.wait_procs(workers, timeout=30)[1] == []
    assert (running.returncode, killed) == (0, 2)
    scene.assert_equal()
