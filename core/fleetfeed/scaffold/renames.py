"""Match columns that are gone with new ones by their cells and names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from fleetfeed.scaffold.columns import Guess
from fleetfeed.scaffold.table import Table
from fleetfeed.text.similarity import ENOUGH, LOOKED_AT, likelihood


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns that are probably the same."""

    old: Guess
    new: Guess
    likelihood: float


def renamed(old: Table, gone: Iterable[Guess], new: Table, come: Iterable[Guess]) -> list[Pair]:
    """Pair each column that is gone with at most one new column, the likeliest first."""
    before = [(guess, _words(old, guess)) for guess in gone]
    after = [(guess, _words(new, guess)) for guess in come]
    pairs = [Pair(one, other, _likelihood(one, its, other, others)) for one, its in before for other, others in after]
    found: list[Pair] = []
    for pair in sorted(pairs, key=lambda pair: (-pair.likelihood, pair.old.place, pair.new.place)):
        fresh = not any(pair.old is other.old or pair.new is other.new for other in found)
        if fresh and pair.likelihood >= ENOUGH:
            found.append(pair)
    return found


def _words(table: Table, guess: Guess) -> frozenset[str]:
    return frozenset(text for text, _ in islice(table.counts(guess.place), LOOKED_AT))


def _likelihood(old: Guess, old_words: frozenset[str], new: Guess, new_words: frozenset[str]) -> float:
    alike = (0.5 if old.kind != "Text" else 0.3) if old.kind == new.kind else 0.0
    return likelihood((old.name, new.name), (old_words, new_words), alike)
