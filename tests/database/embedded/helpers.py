"""What the tests of the embedded server share."""

from __future__ import annotations

import os
import signal
import stat
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from fleetfeed.database.embedded.files import ServerUser
    from fleetfeed.database.embedded.server import EmbeddedServer

AS_ROOT = os.geteuid() == 0


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def pid_of(server: EmbeddedServer) -> int:
    pid = server.pid
    assert pid is not None
    return pid


def kill(server: EmbeddedServer) -> int:
    """SIGKILL the postmaster, and wait until it is dead: perhaps a zombie, if nobody buries it here."""
    pid = pid_of(server)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: server.pid is None)
    return pid


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def become(user: ServerUser, act: Callable[[], object]) -> int:
    """Act as this user in a process of its own, and return its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # Python 3.12+ warns of threads, which the child does not use
        child = os.fork()
    if child == 0:
        code = 1
        try:
            if AS_ROOT:
                os.setgroups([])
                os.setgid(user.gid)
                os.setuid(user.uid)
            act()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
