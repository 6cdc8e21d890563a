"""Overlaps work: the server writes one block while this process prepares the next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TypeVar

from fleetfeed.database.connection import Database

Item = TypeVar("Item")
Done = TypeVar("Done")

_CANCEL_TIMEOUT = 5.0  # seconds
# Seconds. With Python's 5 ms, each chunk of a COPY would wait that long for the thread that prepares the next block.
_SWITCH_INTERVAL = 0.0005


def run_ahead(db: Database, work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """Yield `work(item)` for each item, in order; `items` prepares the next while `work` runs in a thread.

    Only `work` may use the connection. On any exception, including Ctrl-C, its statement is cancelled; if the server
    does not react, the connection is shut down.
    """
    pending: Future[Done] | None = None
    # Leaving the pool waits for its thread.
    with (
        _short_switch_interval(),
        ThreadPoolExecutor(1, thread_name_prefix="fleetfeed") as pool,
    ):
        try:
            for item in items:
                if pending:
                    yield pending.result()
                pending = pool.submit(work, item)
            if pending:
                yield pending.result()
        except BaseException:
            if pending:
                _cancel(db, pending)
            raise


def _cancel(db: Database, pending: Future[Done]) -> None:
    until = monotonic() + _CANCEL_TIMEOUT
    while not pending.done() and monotonic() < until:
        with suppress(Exception):  # the original exception is raised
            db.cancel()
        wait([pending], timeout=0.1)  # repeat: a cancel between two statements has no effect
    if not pending.done():
        db.shut_down()


@contextmanager
def _short_switch_interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
