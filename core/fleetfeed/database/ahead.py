"""Work on two things at once: the server on one block, this process on the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from fleetfeed.database.connection import Database

Item = TypeVar("Item")
Done = TypeVar("Done")


def ahead(db: Database, work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """Yield `work(item)` for each item, in order; the next item is prepared while the last is worked on.

    Only `work` may use the connection meanwhile. On any exception, Ctrl-C too, the statement under way is cancelled.
    """
    pending: Future[Done] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="fleetfeed") as pool:  # its end waits for the work
        try:
            for item in items:
                if pending:
                    yield pending.result()
                pending = pool.submit(work, item)
            if pending:
                yield pending.result()
        except BaseException:
            if pending and not pending.done():
                db.cancel()
            raise
