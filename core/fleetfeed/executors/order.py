"""Hand chunks out to workers, and take the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from typing import Protocol

from fleetfeed.errors import BalanceBroken, FleetfeedError
from fleetfeed.executors.chunk import Answer, Chunk
from fleetfeed.pipeline.prepare import Prepared

STAYS = "What was loaded before stays."
AGAIN = "Run it again, and it goes on from there; with --executor serial it needs no worker."


class Workers(Protocol):
    """Workers that prepare chunks."""

    @property
    def ahead(self) -> int:
        """How many chunks are prepared, or wait, at the same time; this bounds the memory of the answers."""

    def send(self, chunk: Chunk) -> Callable[[], Answer]:
        """Hand a chunk out, and return a function that waits for the answer. Both raise FleetfeedError."""


def in_order(workers: Workers, all_chunks: Iterable[Chunk]) -> Generator[Prepared | None, None, None]:
    """Yield what the workers have prepared, in order. Raises FleetfeedError if they cannot, or prepare otherwise."""
    left, sent = iter(all_chunks), deque[tuple[Chunk, Callable[[], Answer]]]()
    while True:
        sent.extend((chunk, workers.send(chunk)) for chunk in islice(left, max(0, workers.ahead - len(sent))))
        if not sent:
            return
        chunk, wait = sent.popleft()
        yield from _checked(chunk, wait()).prepared


def _checked(chunk: Chunk, answer: Answer) -> Answer:
    if answer.error:
        raise FleetfeedError(
            f"A worker ({answer.worker}) could not prepare {chunk.name}. {answer.error}", effect=STAYS, next_step=AGAIN
        )
    if answer.rules != chunk.rules:
        raise FleetfeedError(
            f"A worker ({answer.worker}) has other rules for {chunk.feed}: its declaration, its plugins, the project's "
            "zone, or the version of fleetfeed, DuckDB or Python is not the one here.",
            effect=STAYS,
            next_step="Bring the same project and the same versions to all workers, restart them, and run again.",
        )
    if len(answer.prepared) != len(chunk.items):
        raise BalanceBroken(f"Of {len(chunk.items):,} exports, a worker has answered {len(answer.prepared):,}.")
    return answer
