"""How likely two columns of two exports are one column under two names. Pure functions that import nothing of ours."""

from __future__ import annotations

from difflib import SequenceMatcher

ENOUGH = 0.5  # from here on it is worth saying
LOOKED_AT = 2_000  # different cells of a column
_FEW = 20  # different cells: as many as a status or a kind may have


def likelihood(names: tuple[str, str], cells: tuple[frozenset[str], frozenset[str]], alike: float) -> float:
    """Weigh cells and name: many equal cells speak for themselves, a few words could be any column's.

    `alike` counts where no cell is equal: other tickets, perhaps, but cells of one kind.
    """
    named = SequenceMatcher(None, *names).ratio()
    mine, its = cells
    shared = len(mine & its) / min(len(mine), len(its)) if mine and its else 0.0
    if not shared and mine and its:
        shared = alike
    weight = 0.9 if len(mine & its) > _FEW else 0.5
    return round(weight * shared + (1 - weight) * named, 2)
