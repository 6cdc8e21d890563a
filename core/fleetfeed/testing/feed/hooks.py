"""Law: filter and normalise are pure functions of one row, and accept any cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fleetfeed.errors import FleetfeedError
from fleetfeed.hookspecs import hooks_of
from fleetfeed.model import Row, RowRejected
from fleetfeed.testing.examples import examples
from fleetfeed.testing.feed.exports import Made, junk, make
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.testing.trial import Broken, shown


def hooks(subject: Subject) -> None:
    """Check that rows get the same answers again and stay as they are, and that nothing but RowRejected is raised."""
    for random in examples():
        rows = _rows(subject, make(subject.feed, subject.sample, random))
        before = [dict(row.values) for row in rows]
        first = [_ask(subject, row) for row in rows]
        again = [_ask(subject, row) for row in reversed(rows)][::-1]  # reversed: a memory of earlier rows shows
        for row, values, one, other in zip(rows, before, first, again, strict=True):
            if dict(row.values) != values:
                raise Broken(f"a hook changes its row\n{_filled(values)}\nbecomes {_filled(row.values)}")
            if one != other:
                raise Broken(
                    f"the same row gets another answer\nfirst {shown(one)},\nthen  {shown(other)}\n{_filled(values)}"
                )
    for row in rows[:1]:
        for what, odd in _odd(subject, row):
            _ask(subject, odd, what)


def _rows(subject: Subject, made: Made) -> list[Row]:
    key = subject.feed.key
    cells = [{name: row.get(name) or None for name in made.names} for row in made.rows]
    return [Row(number, (row[key] or "").strip(), "", row) for number, row in enumerate(cells, 1)]


def _ask(subject: Subject, row: Row, what: str = "") -> object:
    """Call both hooks as a run does. The guards around them check the answers, and name a failing line."""
    called = hooks_of(subject.manager)
    try:
        reason = called.feed_filter(feed=subject.feed, row=row)
        return reason if reason is not None else called.feed_normalise(feed=subject.feed, row=row)
    except RowRejected as rejected:
        return rejected.reason, rejected.detail
    except FleetfeedError as error:
        raise Broken(f"{error}\n{what or _filled(row.values)}") from error


def _odd(subject: Subject, row: Row) -> Iterator[tuple[str, Row]]:
    """Yield the row with junk in each cell, and without each column."""
    for name in row.values:
        for text in junk(subject.feed):
            yield f"{name} = {shown(text)!r}", replace(row, values={**row.values, name: text or None})
        if name != subject.feed.key:
            others = {other: cell for other, cell in row.values.items() if other != name}
            yield f"an export without the column {name}", replace(row, values=others)


def _filled(values: Mapping[str, str | None]) -> str:
    return shown({name: cell for name, cell in values.items() if cell})
