"""What a worker gets, and what it answers: plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fleetfeed.pipeline.prepare import Prepared
from fleetfeed.rebuild.preparing import Item


@dataclass(frozen=True, slots=True)
class Chunk:
    """Exports that follow each other."""

    feed: str
    rules: str  # by which they have to be prepared
    before: Item | None  # the export that the first one is compared with
    items: Sequence[Item]
    project: str = ""  # its folder; empty: the worker's own

    @property
    def name(self) -> str:
        """How messages name it."""
        first, last = (self.items[place].export.stored.key for place in (0, -1))
        return first if first == last else f"{first} to {last}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker made of a chunk."""

    worker: str  # where it runs
    rules: str  # by which it prepared, or would
    prepared: Sequence[Prepared | None] = ()
    error: str = ""  # why it could not


def cut(whole: Chunk, size: int) -> Iterator[Chunk]:
    """Cut a chunk into smaller ones; each begins by comparing with the last export of the one before."""
    for start in range(0, len(whole.items), size):
        before = whole.items[start - 1] if start else whole.before
        yield replace(whole, before=before, items=whole.items[start : start + size])
