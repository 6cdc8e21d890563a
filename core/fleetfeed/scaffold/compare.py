"""Compare two exports: columns, cells and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fleetfeed.feed import Column, Degrees, Feed, Moment, Text, Whole, YesNo
from fleetfeed.feed.problems import Choice
from fleetfeed.feed.reading import folded, unread
from fleetfeed.scaffold.columns import Guess
from fleetfeed.scaffold.draft import Draft, draft_of
from fleetfeed.scaffold.renames import renamed
from fleetfeed.scaffold.table import FEW, Table
from fleetfeed.states import Difference

_KINDS: dict[str, type[Column]] = {"Text": Text, "Whole": Whole, "YesNo": YesNo, "Moment": Moment, "Degrees": Degrees}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two exports, and its effect on tickets."""

    kind: Difference
    column: str
    what: str
    consequence: str = ""
    to: str = ""  # the new name of a renamed column
    likelihood: float | None = None
    cells: int = 0  # number of cells affected
    examples: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()  # time formats that are not declared yet


def compare(old: Table, new: Table, feed: Feed | None) -> list[Change]:
    """List the differences, judged by the feed's declaration or else by a draft of the old export."""
    before, after = draft_of(old), draft_of(new)
    same = {name: name for name in old.header if name in new.header}
    gone = [guess for guess in before.columns if guess.spelt not in same]
    come = [guess for guess in after.columns if guess.spelt not in same]
    moved = {}
    changes = [*_written(old, new)]
    for share, name, to in renamed(old, gone, new, come):
        moved[name] = to
        changes.append(Change(Difference.RENAMED, name, f"is probably called {to!r} now", to=to, likelihood=share))
    changes += [Change(Difference.GONE, guess.spelt, "is gone") for guess in gone if guess.spelt not in moved]
    changes += [
        Change(
            Difference.NEW, guess.spelt, f"is new: it looks like {_a(guess.kind)}", examples=tuple(guess.cells.examples)
        )
        for guess in come
        if guess.spelt not in moved.values()
    ]
    for name, to in (same | moved).items():
        changes += _cells(_Pair(old, before, name), _Pair(new, after, to), feed)
    return changes


@dataclass(frozen=True, slots=True)
class _Pair:
    """One column of one export."""

    table: Table
    draft: Draft
    name: str

    @property
    def guess(self) -> Guess:
        return self.draft.columns[self.table.header.index(self.name)]

    def counts(self, nulls: tuple[str, ...]) -> Iterator[tuple[str, int]]:
        place = self.table.header.index(self.name)
        yield from ((text, many) for text, many in self.table.counts(place) if text not in nulls)


def _cells(old: _Pair, new: _Pair, feed: Feed | None) -> Iterator[Change]:
    declared = {column.name: column for column in feed.columns} if feed else {}
    if feed and (old.name in feed.ignored or old.name == feed.key):
        return
    column = declared.get(old.name) or _column(old.guess)
    nulls = feed.nulls if feed else old.draft.nulls
    before, after = (unread(column, pair.counts(nulls)) for pair in (old, new))
    if after.failed > before.failed:
        what = f"its fold fails on {after.failed:,} of {after.filled:,} cells: {after.failure}"
        yield Change(Difference.REJECTED, old.name, what, cells=after.failed)
    if after.share > before.share:
        formats = _other_formats(column, new.guess)
        what = f"{after.ratio} cells are no {_kind(column)}, before {before.ratio}"
        yield Change(Difference.UNREADABLE, old.name, what, cells=after.wrong, examples=after.examples, formats=formats)
    elif before.wrong and after.share <= before.share / 2:
        what = f"{before.ratio} cells were no {_kind(column)}, now {after.ratio}"
        yield Change(Difference.READABLE, old.name, what, cells=before.wrong, examples=before.examples)
    if isinstance(column, Text):
        yield from _values(column, old, new, nulls, always=bool(feed and feed.roles.status == old.name))


def _values(column: Column, old: _Pair, new: _Pair, nulls: tuple[str, ...], *, always: bool) -> Iterator[Change]:
    """Report values that are new or gone, for columns with few distinct values."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for words, pair in ((before, old), (after, new)):
        for word, many in folded(column, pair.counts(nulls)):
            words[word] = words.get(word, 0) + many
            if len(words) > 10 * FEW:
                return
    if not before or not (always or (len(before) <= FEW and 2 * len(before) <= old.draft.records)):
        return
    if fresh := [word for word in after if word not in before]:
        many = sum(after[word] for word in fresh)
        what = f"has new values: {', '.join(map(repr, fresh[:10]))}"
        yield Change(Difference.VALUES, old.name, what, cells=many, examples=tuple(fresh))
    if always and (past := [word for word in before if word not in after]):
        what = f"no longer has {', '.join(map(repr, past[:10]))}"
        yield Change(Difference.MISSING, old.name, what, examples=tuple(past))


def _written(old: Table, new: Table) -> Iterator[Change]:
    for name in ("delimiter", "encoding"):
        was, now = getattr(old.dialect, name), getattr(new.dialect, name)
        if was != now:
            yield Change(Difference.WRITTEN, "", f"the {name} was {was!r}, and is {now!r}")
    if new.unreadable > old.unreadable:
        what = f"{new.unreadable:,} of {new.spool.records:,} records cannot be read, before {old.unreadable:,}"
        yield Change(Difference.REJECTED, "", what, cells=new.unreadable)


def _column(guess: Guess) -> Column:
    """Return the column that a guess stands for."""
    column = _KINDS[guess.kind](guess.name)
    formats = tuple(form for form in guess.formats if not isinstance(form, Choice))
    return replace(column, formats=formats) if isinstance(column, Moment) else column


def _other_formats(column: Column, guess: Guess) -> tuple[str, ...]:
    known = column.formats if isinstance(column, Moment) else guess.formats
    return tuple(form for form in guess.formats if form not in known and not isinstance(form, Choice))


def _kind(column: Column) -> str:
    return type(column).__name__


def _a(kind: str) -> str:
    return f"a {kind}" if kind != "Text" else "text"
