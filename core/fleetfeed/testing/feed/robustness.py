"""Laws about junk in cells, and about columns that move, disappear and appear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from hypothesis import strategies as st

from fleetfeed.model import Row
from fleetfeed.testing.broken import Broken, raised_at, shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed import cells
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.hooks import ask, rows_of
from fleetfeed.testing.feed.subject import Subject

UNKNOWN = "a column that nobody declared"


def junk(subject: Subject) -> None:
    """Check that junk in a cell raises nothing: a row that cannot be a ticket is rejected."""
    bench = subject.bench
    maker = Maker(bench.feed, subject.sample)

    def each(made: Made) -> None:
        row = rows_of(subject, made)[0]
        for name, text in product(row.values, cells.junk(bench.feed)):
            if error := ask(subject, replace(row, values={**row.values, name: text or None})).error:
                raise _raised(subject, error, f"{name} = {shown(text)!r}")

    def law(made: Made) -> None:
        for row in rows_of(subject, made):
            if error := ask(subject, row).error:
                raise _raised(subject, error, f"row {row.number}: {made.marks[row.number - 1]}")
        bench.clear()
        bench.load(made)

    explore(maker.plain(), each, few=1)
    explore(maker.junk(), law)


def columns(subject: Subject) -> None:
    """Check that columns may come in another order, be missing or be unknown."""
    bench = subject.bench

    def law(drawn: tuple[Made, list[int], frozenset[int]]) -> None:
        made, order, gone = drawn
        for row in rows_of(subject, made):
            for less in _without_one(row, bench.feed.key):
                if error := ask(subject, less).error:
                    missing = ", ".join(row.values.keys() - less.values.keys())
                    raise _raised(subject, error, f"an export without the column {missing}")
        bench.clear()
        if bench.load(made).outcome != "loaded":
            return
        tickets = bench.tickets()
        turned = _arranged(made, order)
        again = bench.load(turned)
        if bench.tickets() != tickets or again.rows.updated:
            expected = "the same columns in another order change nothing"
            raise subject.broken(expected, str(again.rows), "the hooks", turned.shown(bench.feed))
        _with_others(subject, made, gone)

    maker = Maker(bench.feed, subject.sample)
    places = list(range(len(maker.names)))
    drawn = st.tuples(maker.plain(), st.permutations(places[::-1]), st.frozensets(st.sampled_from(places), max_size=5))
    explore(drawn, law)


def _with_others(subject: Subject, made: Made, gone: frozenset[int]) -> None:
    """Load an export with some columns missing and one unknown, which has to be reported."""
    bench, key = subject.bench, subject.feed.key
    kept = [place for place, name in enumerate(made.names) if place not in gone or name == key]
    other = _arranged(made, kept)
    rows = tuple({**row, UNKNOWN: "what it says"} for row in other.rows)
    report = bench.load(replace(other, names=(*other.names, UNKNOWN), spelt=(*other.spelt, UNKNOWN), rows=rows))
    if report.outcome == "loaded" and UNKNOWN not in report.unknown_columns:
        expected, came = "a column that is not declared is reported", f"reported: {report.unknown_columns}"
        raise subject.broken(expected, came, "feed_source")


def _arranged(made: Made, places: list[int]) -> Made:
    names, spelt = ([of[place] for place in places] for of in (made.names, made.spelt))
    return replace(made, names=tuple(names), spelt=tuple(spelt), last="")


def _without_one(row: Row, key: str) -> Iterator[Row]:
    for name in row.values:
        if name != key:
            yield replace(row, values={other: cell for other, cell in row.values.items() if other != name})


def _raised(subject: Subject, error: Exception, made: str) -> Broken:
    expected = "nothing but RowRejected is raised, whatever a cell contains"
    came = f"{type(error).__name__}: {error}{raised_at(error, subject.file)}"
    return subject.broken(expected, came, "feed_filter and feed_normalise", made)
