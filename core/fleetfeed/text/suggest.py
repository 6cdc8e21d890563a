"""What somebody may have meant by a name that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 200


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Find the most similar of the known names; "" if none is. The cutoff runs from 0 (all are) to 1 (only itself)."""
    short = [other for other in known if len(other) <= _LONGEST]  # comparing takes the product of both lengths
    return next(iter(difflib.get_close_matches(name, short, 1, cutoff)), "") if len(name) <= _LONGEST else ""


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Suggest the most similar of the known names, as the end of a sentence; "" if none is."""
    near = nearest(name, known, cutoff)
    return f"; did you mean `{near}`?" if near else ""
