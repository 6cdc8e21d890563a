"""Which cells of a column can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from fleetfeed.feed.callables import spelling_of
from fleetfeed.feed.columns import Column, Degrees, Moment, Whole, YesNo
from fleetfeed.model import RowRejected
from fleetfeed.text import forms

MOST = 0.98  # a column is of a kind if this share of its cells is; the rest are bad cells
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Unread:
    """Count a column's cells and those that it cannot read."""

    filled: int
    wrong: int
    examples: tuple[str, ...]
    failed: int = 0  # cells on which the fold fails: their records are rejected
    failure: str = ""  # message of the first failure

    @property
    def share(self) -> float:
        """Share of the cells that cannot be read."""
        return self.wrong / self.filled if self.filled else 0.0

    @property
    def ratio(self) -> str:
        """The counts as text."""
        return f"{self.wrong:,} of {self.filled:,}"


def reader_of(column: Column) -> Callable[[str], bool]:
    """Return a predicate: can the database read a cell of this column? It raises FoldFailed if the fold fails."""
    spelling, reads = spelling_of(column), _reads(column)
    if spelling is None:
        return reads
    return lambda text: not (spelt := spelling(text)) or reads(spelt)


def unread(column: Column, counts: Iterable[tuple[str, int]]) -> Unread:
    """Count the cells that a column cannot read, of different cells and how often each occurs."""
    reads, filled, wrong, examples = reader_of(column), 0, 0, list[str]()
    failed, failure = 0, ""
    for text, many in counts:
        filled += many
        try:
            if not reads(text):
                wrong += many
                examples.append(text)
        except RowRejected as error:
            failed, failure = failed + many, failure or f"{error.reason} {error.detail}"
    return Unread(filled, wrong, tuple(examples[:_EXAMPLES]), failed, failure)


def folded(column: Column, counts: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield cells after the column's fold, without those on which it fails."""
    spelling = spelling_of(column)
    for text, many in counts:
        with suppress(RowRejected):
            if word := spelling(text) if spelling else text:
                yield word, many


def _reads(column: Column) -> Callable[[str], bool]:
    if isinstance(column, Moment):
        return (lambda text: forms.utc_time(text, "UTC") is not None) if column.has_offset else forms.is_time
    if isinstance(column, YesNo):
        words = {*column.yes, *column.no}
        return lambda text: text.lower() in words
    if isinstance(column, Whole):
        return lambda text: forms.is_whole(text, column.decimal, column.thousands)
    return forms.is_degrees if isinstance(column, Degrees) else lambda text: True
