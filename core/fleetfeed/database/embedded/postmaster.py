"""Finds the running server by its lock files."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fleetfeed.database.embedded.files import SOCKET

UNUSED_PID = 2**31 - 2  # above the largest pid of every system


@dataclass(frozen=True)
class Postmaster:
    """A running server, as described by its postmaster.pid."""

    pid: int
    sockets: Path
    state: str

    @property
    def ready(self) -> bool:
        """Whether it accepts connections."""
        return self.state == "ready"


def find_postmaster(data: Path) -> Postmaster | None:
    """Find the server that runs on this data folder."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    if not _serves(pid, data):
        return None
    lines += [""] * 8  # it is filled step by step during a start
    return Postmaster(pid, Path(lines[4]), lines[7].strip())


def disarm_stale_locks(data: Path, sockets: Path) -> None:
    """Replace the pid in a dead server's lock files by an unused one."""
    # PostgreSQL refuses to start if any process has the old pid: common in containers, where pids repeat. The files are
    # not removed, as they also name the shared memory by which PostgreSQL detects orphaned backends.
    for lock in (data / "postmaster.pid", sockets / f"{SOCKET}.lock"):
        with suppress(FileNotFoundError):
            _, _, rest = lock.read_text().partition("\n")
            lock.write_text(f"{UNUSED_PID}\n{rest}")


def _serves(pid: int, data: Path) -> bool:
    process = Path("/proc") / str(pid)
    if not Path("/proc/self/cmdline").exists():
        return _alive(pid)
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    if os.fsencode(data) in arguments:
        return True
    # A server whose folder was renamed while it ran: its working folder is still the data.
    with suppress(OSError):
        return Path(os.fsdecode(arguments[0])).name == "postgres" and (process / "cwd").samefile(data)
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
