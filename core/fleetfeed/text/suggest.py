"""Suggest the closest known name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 200


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the most similar known name; "" if none is. `cutoff` runs from 0 (anything) to 1 (equal)."""
    short = [other for other in known if len(other) <= _LONGEST]  # comparing takes the product of the lengths
    return next(iter(difflib.get_close_matches(name, short, 1, cutoff)), "") if len(name) <= _LONGEST else ""


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return "; did you mean …?" with the most similar known name; "" if none is."""
    near = nearest(name, known, cutoff)
    return f"; did you mean `{near}`?" if near else ""
