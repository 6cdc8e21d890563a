"""Workers are processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from threading import Thread

from fleetfeed.errors import FleetfeedError
from fleetfeed.executors.chunk import Answer, Chunk
from fleetfeed.executors.order import STAYS
from fleetfeed.executors.worker import prepare_chunk, withhold_database

_TIMES = 3  # so often, a worker may end while a chunk is prepared


class Processes:
    """A pool of processes; a new one replaces it if one of them was killed."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._sent: dict[int, tuple[Chunk, Future[Answer]]] = {}
        self._pool = self._new_pool()

    @property
    def ahead(self) -> int:
        """How many chunks are prepared, or wait, at the same time."""
        return 2 * self._workers

    def send(self, chunk: Chunk) -> Callable[[], Answer]:
        """Hand a chunk to the pool."""
        place = max(self._sent, default=0) + 1
        try:
            self._sent[place] = (chunk, self._pool.submit(prepare_chunk, chunk))
        except BrokenProcessPool:
            self._restart_pool(self._sent)
            self._sent[place] = (chunk, self._pool.submit(prepare_chunk, chunk))
        return lambda: self._answer(place)

    def close(self) -> None:
        """End all processes; what they were doing is dropped."""
        for _, future in self._sent.values():
            future.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _answer(self, place: int) -> Answer:
        chunk, _ = self._sent[place]
        for broken in range(_TIMES):
            try:
                answer = self._sent[place][1].result()
            except BrokenProcessPool:
                # The second time it is prepared alone: it has not been the cause if it then succeeds.
                self._restart_pool([place] if broken else self._sent)
            else:
                del self._sent[place]
                self._send_again(self._sent)
                return answer
        raise FleetfeedError(
            f"The worker process ended each time it prepared {chunk.name}.",
            effect=STAYS,
            next_step="Look whether the machine has too little memory. --executor serial goes on from there.",
        )

    def _restart_pool(self, places: Iterable[int]) -> None:
        """Start a new pool, and hand it these chunks."""
        self._pool.shutdown(wait=True)
        self._pool = self._new_pool()
        self._send_again(places)

    def _send_again(self, places: Iterable[int]) -> None:
        """Hand chunks to the pool whose answer was lost with an earlier one."""
        with suppress(BrokenProcessPool):  # again: the others are sent when they are waited for
            for place in list(places):
                chunk, future = self._sent[place]
                if future.done() and future.exception():
                    self._sent[place] = (chunk, self._pool.submit(prepare_chunk, chunk))

    def _new_pool(self) -> ProcessPoolExecutor:
        # Not forked: the connection to the database belongs to this process alone.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, context, initializer=_initialise)


def _initialise() -> None:
    """Prepare a worker process; it ends with the one that started it, also if that one is killed."""
    withhold_database()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


@contextmanager
def processes(workers: int) -> Iterator[Processes]:
    """Open a pool of worker processes."""
    pool = Processes(workers)
    try:
        yield pool
    finally:
        pool.close()
