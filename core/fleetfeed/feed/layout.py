"""How the exports of a feed are laid out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layout:
    """How an export is laid out, as its feed declares it."""

    delimiter: str = ","
    encoding: str = "utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None  # None: not known yet, the first line is the header
    known: frozenset[str] = frozenset()
    skip: int = 0  # lines before the header
    some: bool = False  # whether these are only some records of an export, which show nothing of the others
