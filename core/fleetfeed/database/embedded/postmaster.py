"""Finds the running server by its socket and lock files."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fleetfeed.database.embedded.files import SOCKET, socket_folder

UNUSED_PID = 2**31 - 2  # above the largest pid of every system


@dataclass(frozen=True)
class Postmaster:
    """A running server, as described by its postmaster.pid."""

    pid: int
    state: str

    @property
    def ready(self) -> bool:
        """Whether it accepts connections."""
        return self.state == "ready"


def find_postmaster(data: Path) -> Postmaster | None:
    """Find the server that runs on this data folder: its pid alone may be another process's by now."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(socket_folder(data) / SOCKET))
        lines = [*(data / "postmaster.pid").read_text().splitlines(), *[""] * 8]  # it is filled during a start
        return Postmaster(int(lines[0]), lines[7].strip())
    except (FileNotFoundError, ConnectionRefusedError, ValueError):
        return None


def disarm_stale_locks(data: Path) -> None:
    """Replace the pid in a dead server's lock files by an unused one."""
    # PostgreSQL refuses to start if any process has the old pid: common in containers, where pids repeat. The files are
    # not removed, as they also name the shared memory by which PostgreSQL detects orphaned backends.
    for lock in (data / "postmaster.pid", socket_folder(data) / f"{SOCKET}.lock"):
        with suppress(FileNotFoundError):
            _, _, rest = lock.read_text().partition("\n")
            lock.write_text(f"{UNUSED_PID}\n{rest}")
