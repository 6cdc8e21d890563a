"""Estimate whether two columns of two exports are the same column renamed. Imports nothing of the project."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from difflib import SequenceMatcher
from typing import TypeVar

Old = TypeVar("Old", bound=Hashable)
New = TypeVar("New", bound=Hashable)

_ENOUGH = 0.5  # likelihood from which a rename is suggested
LOOKED_AT = 2_000  # most distinct cells compared
_FEW = 20  # most distinct cells of a column that is treated as an enumeration


def likelihood(names: tuple[str, str], cells: tuple[frozenset[str], frozenset[str]], alike: float) -> float:
    """Weigh equal cells and similar names; a few equal words count less, as any column may have them.

    `alike` is used if no cell is equal: the tickets may be others.
    """
    named = SequenceMatcher(None, *names).ratio()
    old, new = cells
    shared = len(old & new) / min(len(old), len(new)) if old and new else 0.0
    if not shared and old and new:
        shared = alike
    weight = 0.9 if len(old & new) > _FEW else 0.5
    return round(weight * shared + (1 - weight) * named, 2)


def pairs(candidates: Iterable[tuple[float, Old, New]]) -> Iterator[tuple[float, Old, New]]:
    """Yield the likely pairs of an old and a new column, each column once, the likeliest first."""
    paired_old, paired_new = set[Old](), set[New]()
    for share, old, new in sorted(candidates, key=lambda pair: -pair[0]):
        if share >= _ENOUGH and old not in paired_old and new not in paired_new:
            paired_old.add(old)
            paired_new.add(new)
            yield share, old, new
