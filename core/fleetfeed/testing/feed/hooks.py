"""Laws about filter and normalise: what they answer, and that they always answer the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fleetfeed.errors import ExportRefused
from fleetfeed.model import Row, RowRejected, Ticket
from fleetfeed.plugins.results import wrong
from fleetfeed.reader.export import opened
from fleetfeed.testing.broken import shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.subject import Subject


@dataclass(frozen=True, slots=True)
class Answer:
    """What filter and normalise return for one row."""

    reason: object
    ticket: object = None
    rejected: tuple[object, object] | None = None  # reason and detail of a RowRejected
    error: Exception | None = None  # any other

    @property
    def comparable(self) -> tuple[object, ...]:
        """The answer in a form that can be compared."""
        return (self.reason, self.ticket, self.rejected, repr(self.error))


def ask(subject: Subject, row: Row) -> Answer:
    """Call both hooks as a run does."""
    reason = None
    try:
        reason = subject.hooks.feed_filter(feed=subject.feed, row=row)
        if reason is not None:
            return Answer(reason)
        return Answer(None, subject.hooks.feed_normalise(feed=subject.feed, row=row))
    except RowRejected as rejected:
        return Answer(reason, rejected=(rejected.reason, rejected.detail))
    except Exception as error:  # noqa: BLE001 (judged by the laws)
        return Answer(reason, error=error)


def rows_of(subject: Subject, made: Made) -> list[Row]:
    """Read an export's rows as a run does; a refused export has none."""
    with TemporaryDirectory(prefix="fleetfeed-testing-") as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(made.content(subject.feed))
        with suppress(ExportRefused), opened(subject.feed, path) as export:
            return list(export.compare(None).changed())
    return []


def answers(subject: Subject) -> None:
    """Check that filter returns a reason or None, and that normalise returns a Ticket or raises RowRejected."""

    def law(made: Made) -> None:
        for row in rows_of(subject, made):
            for hook, came in _wrong(row, ask(subject, row)):
                raise subject.broken("an answer that a run accepts", came, hook, _shown(row))

    explore(Maker(subject.feed, subject.sample).typed(), law)


def pure(subject: Subject) -> None:
    """Check that the same row gets the same answers, and is not changed."""

    def law(made: Made) -> None:
        rows = rows_of(subject, made)
        before = deepcopy([row.values for row in rows])
        first = [ask(subject, row) for row in rows]
        second = [ask(subject, row) for row in reversed(rows)][::-1]  # reversed: a memory of earlier rows shows
        look = "feed_filter and feed_normalise (pure functions of one row)"
        for row, values, one, other in zip(rows, before, first, second, strict=True):
            if dict(row.values) != values:
                changed = {name for name in {*values, *row.values} if values.get(name) != row.values.get(name)}
                came = f"changed cells: {', '.join(sorted(map(str, changed)))}"
                raise subject.broken("hooks do not change their row", came, look, _shown(row))
            if one.comparable != other.comparable:
                came = f"first {shown(one.comparable)},\nthen  {shown(other.comparable)}"
                raise subject.broken("the same row gets the same answer each time", came, look, _shown(row))

    explore(Maker(subject.feed, subject.sample).typed(), law)


def _wrong(row: Row, answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield a hook, and what is wrong with its answer."""
    if why := wrong("feed_filter", answer.reason):
        yield "feed_filter", why
    elif answer.rejected is not None:
        reason, detail = answer.rejected
        if not (isinstance(reason, str) and reason.strip() and isinstance(detail, str)):
            yield "feed_normalise", f"RowRejected{answer.rejected}: reason and detail have to be texts"
    elif answer.reason is None and answer.error is None:
        ticket = answer.ticket
        if why := wrong("feed_normalise", ticket, needed=True):
            yield "feed_normalise", why
        elif isinstance(ticket, Ticket) and (ticket.row.number, ticket.row.digest) != (row.number, row.digest):
            yield "feed_normalise", f"a Ticket with another row than its own: {shown(ticket.row)}"


def _shown(row: Row) -> str:
    filled = {name: cell for name, cell in row.values.items() if cell}
    return f"row {row.number} of a generated export: {shown(filled)}"
