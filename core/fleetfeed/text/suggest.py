"""Suggest the closest known name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST = 200


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the most similar known name, in any case; "" if none is. `cutoff` runs from 0 (anything) to 1 (equal)."""
    if len(name) > _LONGEST:  # comparing takes the product of the lengths
        return ""
    short = {other.casefold(): other for other in known if len(other) <= _LONGEST}
    return next((short[found] for found in difflib.get_close_matches(name.casefold(), short, 1, cutoff)), "")


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return "; did you mean …?" with the most similar known name; "" if none is."""
    near = nearest(name, known, cutoff)
    return f"; did you mean `{near}`?" if near else ""
