"""`fleetfeed` as a process of its own, which can be killed: forked from one that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from tests.crash.faults import PATIENCE

ENVIRONMENT = {
    "PATH": os.defpath,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Ended:
    """What a process said, and its exit code: negative for a signal."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """What was reported of an error: cause, effect and next step."""
        return [line for line in self.err.splitlines() if line.startswith(("error:", "effect:", "next:"))]


@dataclass(frozen=True)
class Running:
    """One process, and the files that it writes to."""

    process: ForkServerProcess
    out: Path
    err: Path

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process.pid is not None
        return self.process.pid

    def ended(self) -> Ended:
        """Wait for its end."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise AssertionError(f"it did not end: {self.err.read_text()}")
        return Ended(self.process.exitcode, self.out.read_text(), self.err.read_text())


def start(folder: Path, env: Mapping[str, str], *args: str) -> Running:
    """Start `fleetfeed` in a project's folder, with nothing but this environment."""
    number = len(list(folder.glob("*.out")))
    out, err = folder / f"{number}.out", folder / f"{number}.err"
    out.touch()
    env = ENVIRONMENT | {"TMPDIR": str(folder)} | dict(env)  # who is killed leaves his scratch behind
    process = _server().Process(target=_main, args=(args, folder, env, out, err), daemon=True)
    process.start()
    return Running(process, out, err)


@cache
def _server() -> ForkServerContext:
    # A start costs 0.03 s instead of 0.7 s, which is what lets every statement of a run be one to be killed at.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.warm"])
    return context


def _main(args: Sequence[str], folder: Path, env: Mapping[str, str], out: Path, err: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["fleetfeed", *args]
    from fleetfeed import cli

    cli.main()
