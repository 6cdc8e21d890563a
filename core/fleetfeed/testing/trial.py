"""Judges a plugin by laws, each once, and only where those that it builds on hold: one mistake is told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from fleetfeed.errors import FleetfeedError
from fleetfeed.testing.broken import Broken

S = TypeVar("S")
Law = Callable[[S], None]  # raises Broken where it does not hold


class NotLookedAt(Exception):
    """A law that is built on one which does not hold."""


class Trial(Generic[S]):
    """Hold a plugin under test, the laws, and the verdicts so far."""

    def __init__(self, subject: S, laws: Mapping[str, tuple[Law[S], str]]) -> None:
        self.subject = subject
        self.laws = laws  # by name: each with the name of the law that has to hold before it says anything
        self._verdicts: dict[str, Exception | None] = {}

    def verdict(self, name: str) -> Exception | None:
        """Judge by a law: None where it holds; Broken, a FleetfeedError, or NotLookedAt."""
        if name not in self._verdicts:
            self._verdicts[name] = self._judged(*self.laws[name])
        return self._verdicts[name]

    def _judged(self, law: Law[S], after: str) -> Exception | None:
        if after and (first := self.verdict(after)) is not None:
            return (
                first if isinstance(first, NotLookedAt) else NotLookedAt(f"not looked at: [{after}] has to hold first")
            )
        try:
            law(self.subject)
        except (Broken, FleetfeedError) as error:
            return error
        return None
