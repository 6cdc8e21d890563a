"""Mistakes of a declaration, and the choices left to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a declaration."""

    about: str  # the name in the declaration
    what: str
    hint: str = ""
    part: str = ""  # the argument of Feed

    def __str__(self) -> str:
        return f"{self.what} ({self.hint})" if self.hint else self.what


class Choice(str):
    """Placeholder in a declaration for a decision by a person; its text is the question."""

    __slots__ = ()


def choose(question: str) -> Choice:
    """Mark a choice for the reader of a declaration. A declaration with a choice does not load."""
    return Choice(question)


class BadDeclaration(ValueError):
    """The parts of a feed's declaration do not fit together."""

    def __init__(self, feed: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"feed {feed!r}: " + "; ".join(map(str, self.problems)))


def texts(value: object) -> Iterator[str]:
    """Yield all texts in a declaration or a part of one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from texts((*value.keys(), *value.values()))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item)
    elif is_dataclass(value):
        yield from texts(vars(value))
