"""Work on two things at once: the server on one block, this process on the next."""

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

_PATIENCE = 5.0  # seconds that the server has to answer a cancel
_TURN = (
    0.0005  # seconds; Python's own 5 ms are what each piece of a COPY would wait for the thread that prepares the next
)


def ahead(db: Database, work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """Yield `work(item)` for each item, in order; the next item is prepared while the last is worked on.

    Only `work` may use the connection meanwhile. On any exception, Ctrl-C too, what is under way is cancelled; if the
    server does not answer, the connection is cut.
    """
    pending: Future[Done] | None = None
    with _short_turns(), ThreadPoolExecutor(1, thread_name_prefix="fleetfeed") as pool:  # its end waits for the work
        try:
            for item in items:
                if pending:
                    yield pending.result()
                pending = pool.submit(work, item)
            if pending:
                yield pending.result()
        except BaseException:
            if pending:
                _give_up(db, pending)
            raise


def _give_up(db: Database, pending: Future[Done]) -> None:
    until = monotonic() + _PATIENCE
    while not pending.done() and monotonic() < until:
        with suppress(Exception):  # the first exception is the one to tell
            db.cancel()
        wait([pending], timeout=0.1)  # a cancel between two statements of the work hits none of them
    if not pending.done():
        db.cut()


@contextmanager
def _short_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
