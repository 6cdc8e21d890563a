"""Processor time: of the programs that are measured, and of the server that works for them."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

from bench.server import Site

_ATTEMPTS = 100


@dataclass
class Used:
    """Seconds of processor time, user and system together."""

    seconds: float = 0.0


@contextmanager
def used(site: Site) -> Iterator[Used]:
    """Measure what child processes and the server use; at the end nobody may be connected any more."""
    found, before = Used(), _total(site)
    yield found
    found.seconds = round(_total(site) - before, 3)


def _total(site: Site) -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime + _of_server(site)


def _of_server(site: Site) -> float:
    """Add up the server's processes; those that have ended count in the time of the first one's children."""
    first = psutil.Process(site.backend).parent()
    if first is None:
        raise RuntimeError("the server's first process cannot be found")
    for _ in range(_ATTEMPTS):
        with suppress(psutil.NoSuchProcess):  # one ended while they were read: read them again
            running = [process.cpu_times() for process in (first, *first.children())]
            return float(first.cpu_times().children_user + first.cpu_times().children_system) + sum(
                one.user + one.system for one in running
            )
    raise RuntimeError("the server's processes end while their times are read")
