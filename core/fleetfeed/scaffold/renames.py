"""Match columns that are gone with new ones by their cells and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, product

from fleetfeed.scaffold.columns import Guess
from fleetfeed.scaffold.table import Table
from fleetfeed.text.similarity import LOOKED_AT, likelihood, pairs


def renamed(old: Table, gone: Iterable[Guess], new: Table, come: Iterable[Guess]) -> Iterator[tuple[float, str, str]]:
    """Yield the columns that are probably the same, as the files spell them, each with the likelihood."""
    before = [(guess, _words(old, guess)) for guess in gone]
    after = [(guess, _words(new, guess)) for guess in come]
    return pairs(
        (_likelihood(one, its, other, others), one.spelt, other.spelt)
        for (one, its), (other, others) in product(before, after)
    )


def _words(table: Table, guess: Guess) -> frozenset[str]:
    return frozenset(text for text, _ in islice(table.counts(guess.place), LOOKED_AT))


def _likelihood(old: Guess, old_words: frozenset[str], new: Guess, new_words: frozenset[str]) -> float:
    alike = (0.5 if old.kind != "Text" else 0.3) if old.kind == new.kind else 0.0
    return likelihood((old.name, new.name), (old_words, new_words), alike)
