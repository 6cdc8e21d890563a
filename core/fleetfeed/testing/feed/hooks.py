"""Filter and normalise by themselves: what they answer, and that they answer the same whenever they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fleetfeed.errors import ExportRefused
from fleetfeed.model import Row, RowRejected, Ticket
from fleetfeed.reader.export import opened
from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.subject import Subject


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what both hooks say of one row."""

    reason: object
    ticket: object = None
    rejected: tuple[object, object] | None = None  # reason and detail of a RowRejected
    raised: Exception | None = None  # any other: what junk is allowed to bring about is another law

    @property
    def plain(self) -> tuple[object, ...]:
        """What two answers are compared by."""
        return (self.reason, self.ticket, self.rejected, repr(self.raised))


def ask(subject: Subject, row: Row) -> Answer:
    """Ask both hooks as a run does."""
    reason = None
    try:
        reason = subject.hooks.feed_filter(feed=subject.feed, row=row)
        if reason is not None:
            return Answer(reason)
        return Answer(None, subject.hooks.feed_normalise(feed=subject.feed, row=row))
    except RowRejected as rejected:
        return Answer(reason, rejected=(rejected.reason, rejected.detail))
    except Exception as error:  # noqa: BLE001 (whoever asked decides)
        return Answer(reason, raised=error)


def rows_of(subject: Subject, made: Made) -> list[Row]:
    """Read an export's rows as a run does; an export that is refused has none."""
    with TemporaryDirectory(prefix="fleetfeed-testing-") as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(made.content(subject.feed))
        with suppress(ExportRefused), opened(subject.feed, path) as export:
            export.compare(None)
            return list(export.changed())
    return []


def answers(subject: Subject) -> None:
    """Filter says why or None; normalise gives a Ticket of texts, or raises RowRejected with a reason."""

    def law(made: Made) -> None:
        for row in rows_of(subject, made):
            answer = ask(subject, row)
            for hook, expected, came in _wrong(subject, row, answer):
                raise Broken(expected, came, f"{hook} in {subject.file}", _told(row))

    explore(Maker(subject.feed, subject.sample).typed(), law)


def pure(subject: Subject) -> None:
    """The same row gets the same answers, and is as it was."""

    def law(made: Made) -> None:
        rows = rows_of(subject, made)
        before = deepcopy([row.values for row in rows])
        first = [ask(subject, row) for row in rows]
        # The other way round: what remembers the rows before answers differently.
        second = [ask(subject, row) for row in reversed(rows)][::-1]
        look = f"feed_filter and feed_normalise in {subject.file}: pure functions of one row"
        for row, values, one, other in zip(rows, before, first, second, strict=True):
            if dict(row.values) != values:
                changed = {name for name in {*values, *row.values} if values.get(name) != row.values.get(name)}
                came = f"cells that were changed: {', '.join(sorted(map(str, changed)))}"
                raise Broken("a row is as it was when a hook has seen it", came, look, _told(row))
            if one.plain != other.plain:
                came = f"first {shown(one.plain)},\nthen  {shown(other.plain)}"
                raise Broken("the same row gets the same answer each time", came, look, _told(row))

    explore(Maker(subject.feed, subject.sample).typed(), law)


def _wrong(subject: Subject, row: Row, answer: Answer) -> Iterator[tuple[str, str, str]]:
    """Yield hook, what was expected and what came."""
    if answer.reason is not None and not (isinstance(answer.reason, str) and answer.reason.strip()):
        yield "feed_filter", "a reason that is a text with letters in it, or None to keep the row", repr(answer.reason)
    elif answer.rejected is not None:
        reason, detail = answer.rejected
        if not (isinstance(reason, str) and reason.strip() and isinstance(detail, str)):
            yield "feed_normalise", "RowRejected with a reason, and a detail that is a text", repr(answer.rejected)
    elif answer.reason is None and answer.raised is None:
        yield from (("feed_normalise", *told) for told in _wrong_ticket(row, answer.ticket))


def _wrong_ticket(row: Row, ticket: object) -> Iterator[tuple[str, str]]:
    if not isinstance(ticket, Ticket):
        yield "a Ticket, or RowRejected raised", shown(ticket)
        return
    if not isinstance(ticket.key, str) or not ticket.key or ticket.key != ticket.key.strip():
        yield "a key that is a text, not empty and without spaces around it", f"key={ticket.key!r}"
    if not isinstance(ticket.location_key, str | None):
        yield "a location_key that is a text or None", f"location_key={ticket.location_key!r}"
    if not isinstance(ticket.row, Row) or (ticket.row.number, ticket.row.digest) != (row.number, row.digest):
        yield "a ticket that holds the row it was made of", f"row={shown(ticket.row)}"
    try:
        odd = {name: cell for name, cell in ticket.raw.items() if not (isinstance(name, str) and _is_text(cell))}
    except (AttributeError, TypeError):
        yield "raw that maps names to texts", f"raw={shown(ticket.raw)}"
        return
    if odd:
        yield "texts in raw, none of them empty: what is nothing is left out", f"raw has {shown(odd)}"


def _is_text(cell: object) -> bool:
    return isinstance(cell, str) and bool(cell) and "\0" not in cell


def _told(row: Row) -> str:
    filled = {name: cell for name, cell in row.values.items() if cell}
    return f"row {row.number} of a made export: {shown(filled)}"
