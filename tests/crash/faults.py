"""Where a proxy breaks the talk of a client and its server."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

PATIENCE = 60

When = Literal["before", "half", "after"]
Place = tuple[str, int]  # words of the client, and how often it has said them before


@dataclass(frozen=True)
class Fault:
    """Break the talk at one thing that the client says: before it, with half of it said, or when it is answered.

    `do` happens at that moment; then both connections end, and the client never has its answer.
    """

    at: Place
    when: When
    do: Callable[[], None] = lambda: None


@dataclass
class Talk:
    """What the clients of one proxy said, in their order, and where it is to break."""

    fault: Fault | None = None
    heard: Callable[[str], None] = lambda said: None  # called before anything is handed on
    said: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, what: str) -> Fault | None:
        """Note what a client says; give the fault if it is to happen here."""
        with self._lock:
            here = self.fault is not None and self.fault.at == (what, self.said.count(what))
            self.said.append(what)
        self.heard(what)
        return self.fault if here else None


def places(said: list[str]) -> list[Place]:
    """List the places of a talk."""
    return [(words, said[:number].count(words)) for number, words in enumerate(said)]


class Victim:
    """The process to kill, which is known only when it has been started."""

    def __init__(self) -> None:
        self._known = threading.Event()
        self.pid = 0

    def name(self, pid: int) -> None:
        """Say which process it is."""
        self.pid = pid
        self._known.set()

    def kill(self) -> None:
        """End it as a lost machine would."""
        assert self._known.wait(PATIENCE)
        os.kill(self.pid, signal.SIGKILL)


def wait_until(happened: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
