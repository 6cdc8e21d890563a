"""Law: the parts of a declaration fit together, as far as that shows without data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fleetfeed.feed import Feed, YesNo
from fleetfeed.feed.checks import problems
from fleetfeed.feed.problems import Problem
from fleetfeed.model import RowRejected
from fleetfeed.testing.broken import Broken
from fleetfeed.testing.feed.subject import Subject


def declaration(subject: Subject) -> None:
    """Check that key, winner, roles, drops and columns fit together."""
    feed = subject.feed
    found = [*problems(feed), *never_met(feed)]
    if found:
        raise Broken(
            "a declaration whose parts fit together, with words that cells can have",
            "\n".join(f"{problem.about}: {problem}" for problem in found),
            f"FEED in {subject.file}",
        )


def never_met(feed: Feed) -> Iterator[Problem]:
    """Yield declared words that no cell can ever equal."""
    for drop in feed.drops:
        for word in _unlike(drop.words, lambda text: text.strip().lower()):
            yield Problem(drop.column, f"no cell is {word!r}", "a drop's words are compared trimmed, in lower case")
    for column in feed.columns:
        if isinstance(column, YesNo):
            for word in _unlike((*column.yes, *column.no), str.lower):
                yield Problem(column.name, f"no cell is {word!r}", "yes and no are compared in lower case")
            for word in sorted({*column.yes} & {*column.no}):
                yield Problem(column.name, f"{word!r} means both yes and no")
    if feed.sentinel is not None and feed.sentinel != feed.sentinel.strip():
        yield Problem("sentinel", f"no record begins with {feed.sentinel!r}", "cells are compared trimmed")
    yield from _folded(feed)


def _folded(feed: Feed) -> Iterator[Problem]:
    """Yield words that their column's fold would change."""
    compared = {feed.roles.status: feed.roles.closed_statuses, feed.roles.cluster: tuple(feed.aliases)}
    for name, words in compared.items():
        spelling = feed.spellings.get(name or "")
        for word in words if spelling else ():
            try:
                folded = spelling(word) if spelling else word
            except RowRejected as error:
                yield Problem(word, f"no {name} is {word!r}", f"{error.reason} {error.detail}")
                continue
            if folded != word:
                yield Problem(word, f"no {name} is {word!r}", f"its fold makes {folded!r} of it")


def _unlike(words: Iterable[str], compared: Callable[[str], str]) -> Iterator[str]:
    return (word for word in words if compared(word) != word)
