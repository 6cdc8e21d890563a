"""What is said of a declaration: its mistakes, and the choices that are left to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Tell one mistake of a declaration."""

    about: str  # the name in the declaration that it speaks of
    what: str
    hint: str = ""
    part: str = ""  # the part of the declaration that says it: an argument of Feed

    def __str__(self) -> str:
        return f"{self.what} ({self.hint})" if self.hint else self.what


class Choice(str):
    """Stand in a declaration where a person has yet to decide; its text is the question."""

    __slots__ = ()


def choose(question: str) -> Choice:
    """Leave a choice to whoever reads the declaration: as long as one is left, it does not load."""
    return Choice(question)


class BadDeclaration(ValueError):
    """A feed's declaration does not hang together."""

    def __init__(self, feed: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"feed {feed!r}: " + "; ".join(map(str, self.problems)))


def texts(value: object) -> Iterator[str]:
    """Walk through all texts of a declaration, or of a part of one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from texts((*value.keys(), *value.values()))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        yield from texts(vars(value))
