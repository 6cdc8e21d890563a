"""Judge a plugin by laws, each once, and only if the law it builds on holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from fleetfeed.errors import FleetfeedError

LONGEST = 2_000  # characters of a value in a message

S = TypeVar("S")
Law = Callable[[S], None]  # raises Broken


class Broken(AssertionError):
    """A plugin breaks a law; its text says what was expected, what came, and of which record."""


class Skipped(Exception):
    """A law that builds on a broken one."""


class Trial(Generic[S]):
    """A plugin under test, the laws, and the verdicts so far."""

    def __init__(self, subject: S, laws: Mapping[str, tuple[Law[S], str]]) -> None:
        self.subject = subject
        self.laws = laws  # by name, each with the name of the law that has to hold first
        self._verdicts: dict[str, Exception | None] = {}

    def verdict(self, name: str) -> Exception | None:
        """Return None if a law holds, else Broken, a FleetfeedError, or Skipped."""
        if name not in self._verdicts:
            self._verdicts[name] = self._judged(*self.laws[name])
        return self._verdicts[name]

    def _judged(self, law: Law[S], after: str) -> Exception | None:
        if after and (first := self.verdict(after)) is not None:
            return first if isinstance(first, Skipped) else Skipped(f"skipped: [{after}] has to hold first")
        try:
            law(self.subject)
        except (Broken, FleetfeedError) as error:
            return error
        return None


def shown(value: object) -> str:
    """Format a value for a message, cut if it is long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
