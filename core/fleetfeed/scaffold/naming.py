"""Make column names from header texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from fleetfeed.feed.names import COLUMN, DERIVED_NAMES, PLACE_COLUMNS, TABLE_COLUMNS

_LONGEST = 50
_TAKEN = TABLE_COLUMNS | DERIVED_NAMES


def snake(text: str) -> str:
    """Make a name from a header text: lower-case letters, digits and _."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).casefold()  # openedAt
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_LONGEST].strip("_")
    return name if COLUMN.fullmatch(name) else f"column_{name}".rstrip("_")


def names_of(header: Sequence[str], key: str = "") -> dict[str, str]:
    """Return a unique, valid column name for each header text; valid ones stay as they are.

    The key may have any name: every table stores it as ticket_id.
    """
    names = {spelt: spelt for spelt in header if _fits(spelt) or spelt == key == "ticket_id"}
    for spelt in header:
        if spelt not in names:
            base, number = snake(spelt), 2
            if base in _TAKEN and not (spelt == key and base == "ticket_id"):
                base = f"export_{base}"
            name = base
            while name in names.values():
                name, number = f"{base}_{number}", number + 1
            names[spelt] = name
    return {spelt: names[spelt] for spelt in header}


def text_name(name: str) -> str:
    """Return the name of a text column, renamed if it is reserved for coordinates."""
    return f"export_{name}" if name in PLACE_COLUMNS else name


def _fits(name: str) -> bool:
    return COLUMN.fullmatch(name) is not None and name not in _TAKEN
