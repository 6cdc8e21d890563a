"""The layout of a feed's exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Layout:
    """How an export is written, as its feed declares it."""

    delimiter: str = ","
    encoding: str = "utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None  # None if unknown: the first line is the header
    known: frozenset[str] = frozenset()
    skip: int = 0  # lines before the header
    some: bool = False  # whether the file has only some records, which say nothing about the others
