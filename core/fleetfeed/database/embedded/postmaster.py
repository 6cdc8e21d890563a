"""What the server's own lock files tell about it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fleetfeed.database.embedded.files import SOCKET

NOBODYS_PID = 2**31 - 2  # beyond every system's largest


@dataclass(frozen=True)
class Postmaster:
    """A running server, as its postmaster.pid tells it."""

    pid: int
    sockets: Path
    state: str

    @property
    def ready(self) -> bool:
        """Does it accept connections?"""
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
    told = [*lines, *[""] * 8]
    return Postmaster(pid, Path(told[4]), told[7].strip())


def disarm_stale_locks(data: Path, sockets: Path) -> None:
    """Make a dead server's lock files harmless when another process has its pid, or nobody has buried it."""
    # PostgreSQL takes any live process of that pid for the old server and refuses to start: the rule in containers,
    # where pids repeat. Its files are not removed but given a pid that nobody has: they also name the shared memory by
    # which PostgreSQL finds orphaned backends, and that check must stay.
    for lock in (data / "postmaster.pid", sockets / f"{SOCKET}.lock"):
        with suppress(FileNotFoundError):
            _, _, rest = lock.read_text().partition("\n")
            lock.write_text(f"{NOBODYS_PID}\n{rest}")


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
