"""Generate exports from a feed's declaration and its sample."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st

from fleetfeed.feed import Feed, Moment
from fleetfeed.testing.broken import shown
from fleetfeed.testing.feed import cells
from fleetfeed.testing.feed.sample_table import Table

FEW = 8  # least number of records in an export

T = TypeVar("T")


@dataclass(frozen=True)
class Made:
    """One export: its records under the declared column names, and how the file is written."""

    names: tuple[str, ...]
    spelt: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    ends: str = "\r\n"
    quoted: bool = False
    bom: bool = False
    broken: tuple[str, ...] = ()  # unreadable records after the rows
    last: str = ""  # the exporter's sentinel
    marks: tuple[str, ...] = ()  # per row: its junk

    @property
    def records(self) -> int:
        """Number of records that a reader has to account for."""
        return len(self.rows) + len(self.broken) + bool(self.last)

    def content(self, feed: Feed) -> bytes:
        """Return the file's bytes, as the feed's exporter writes them."""
        out = io.StringIO()
        writer = csv.writer(
            out,
            delimiter=feed.delimiter,
            quoting=csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL,
            lineterminator=self.ends,
        )
        writer.writerow(self.spelt)
        for row in self.rows:
            writer.writerow([row.get(name, "") for name in self.names])
        text = out.getvalue() + "".join(f"{line}{self.ends}" for line in (*self.broken, self.last) if line)
        bom = b"\xef\xbb\xbf" if self.bom and feed.encoding == "utf-8" else b""
        return bom + text.encode(feed.encoding, "surrogateescape" if self.broken else "strict")

    def shown(self, feed: Feed) -> str:
        """Return the file's content for a message."""
        return shown(self.content(feed).decode(feed.encoding, "backslashreplace"))


@dataclass(frozen=True, slots=True)
class Maker:
    """Generator of exports of one feed."""

    feed: Feed
    sample: Table

    def plain(self, shift: int = 0, *, broken: bool = False) -> st.SearchStrategy[Made]:
        """Generate an export of sample rows, with one ticket twice and one row to drop.

        Another `shift` lists some other tickets, and changes those that are the same.
        """
        return st.composite(lambda draw: self._made(draw, shift, typed=False, broken=broken))()

    def typed(self, shift: int = 0, *, distinct: bool = False) -> st.SearchStrategy[Made]:
        """Generate an export with cells in every declared spelling; with `distinct`, no two times tie."""
        return st.composite(lambda draw: self._made(draw, shift, typed=True, distinct=distinct))()

    def junk(self) -> st.SearchStrategy[Made]:
        """Generate an export in which each row has one cell of junk."""
        return st.composite(self._junk)()

    @property
    def names(self) -> tuple[str, ...]:
        """Every column of the sample and of the declaration, in the order of the sample."""
        declared = (self.feed.key, *(column.name for column in self.feed.columns), *self.feed.ignore)
        return tuple(dict.fromkeys((*self.sample.header, *declared)))

    def _junk(self, draw: st.DrawFn) -> Made:
        texts = cells.junk(self.feed)
        anything = st.one_of(st.just(""), st.text(st.characters(codec=self.feed.encoding), max_size=20))
        rows, marks = [], []
        for number in range(2 * max(len(self.names), FEW)):
            column = _turned(draw, self.names, number)
            text = draw(anything) or _turned(draw, texts, 7 * number)
            rows.append(self._row(draw, number, number) | {column: text})
            marks.append(f"{column} = {shown(text)!r}")
        return self._spelt(draw, rows, marks=tuple(marks))

    def _made(self, draw: st.DrawFn, shift: int, *, typed: bool, broken: bool = False, distinct: bool = False) -> Made:
        rows = [self._row(draw, number, shift + number) for number in range(shift, shift + draw(st.integers(FEW, 12)))]
        if typed:
            for number, row in enumerate(rows):
                self._spell_cells(draw, number, row)
        rows[-1][self.feed.key] = rows[0][self.feed.key]
        if distinct:
            rows = self._without_ties(rows)
        for drop in self.feed.drops:
            if drop.words and not draw(st.booleans()):
                rows[len(rows) // 2][drop.column] = drop.words[0]
        lines = self._unreadable() if broken else ()
        last = "" if distinct or not self.feed.sentinel else draw(st.sampled_from(("", f"{self.feed.sentinel} at 500")))
        return self._spelt(draw, rows, lines, last)

    def _row(self, draw: st.DrawFn, number: int, base: int) -> dict[str, str]:
        """Draw a row of the sample, under the key of ticket `number`."""
        return _turned(draw, self.sample.rows, base) | {self.feed.key: self._key(number + draw(st.integers(0, 2)))}

    def _key(self, number: int) -> str:
        known = self.sample.values(self.feed.key)[:200]
        return known[number] if number < len(known) else f"{known[number % len(known)]}-{number}"

    def _spell_cells(self, draw: st.DrawFn, number: int, row: dict[str, str]) -> None:
        columns = self.feed.columns
        for turn in range(draw(st.integers(3, 5))):
            column = _turned(draw, columns, 5 * number + turn)
            row[column.name] = _turned(draw, cells.of_kind(self.feed, column, self.sample), number)
        if number == 1 and self.feed.roles.closed_statuses:
            row[self.feed.roles.status] = _turned(draw, self.feed.roles.closed_statuses, 0)
        if draw(st.integers(0, 3)) == 3:
            row[self.feed.key] = f" {row[self.feed.key]} "

    def _without_ties(self, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        """Give each record its own time to win by; without a winner, keep only the first record of each ticket."""
        if not self.feed.winner:
            return list({row[self.feed.key].strip(): row for row in reversed(rows)}.values())[::-1]
        column = self.feed.winners[0]
        for hours, row in enumerate(rows):
            row[column.name] = self._time(column, hours)
        return rows

    def _time(self, column: Moment, hours: int) -> str:
        when = cells.START + timedelta(hours=hours)
        ways = [cell for cell in cells.moments(column, when) if cells.is_exact(column, cell, when)]
        return ways[hours % len(ways)] if ways else f"{when:%Y-%m-%d %H:%M:%S}"

    def _spelt(
        self,
        draw: st.DrawFn,
        rows: Sequence[Mapping[str, str]],
        broken: tuple[str, ...] = (),
        last: str = "",
        marks: tuple[str, ...] = (),
    ) -> Made:
        names = self.names
        spellings = {name: [name] for name in names}
        for spelling, name in self.feed.headers.items():
            spellings.setdefault(name, [name]).append(spelling)
        spelt = tuple(_turned(draw, spellings[name][::-1], 0) for name in names)
        ends, quoted, bom = draw(st.sampled_from(("\r\n", "\n"))), draw(st.booleans()), draw(st.booleans())
        return Made(names, spelt, tuple(rows), ends, quoted, bom, broken, last, marks)

    def _unreadable(self) -> tuple[str, ...]:
        """Make records with too few fields, with too many, and with a byte that is invalid in the encoding, if any."""
        width, sign = len(self.names), self.feed.delimiter
        few = [self._key(1)] if width > 1 else []
        many = sign.join([self._key(2), *["x"] * width])
        bad = next((byte for byte in range(0x80, 0x100) if not _decodes(byte, self.feed.encoding)), None)
        undecodable = [] if bad is None else [f"{self._key(3)}{chr(0xDC00 + bad)}{sign * (width - 1)}"]
        return (*few, many, *undecodable)


def _decodes(byte: int, encoding: str) -> bool:
    try:
        return bool(bytes([byte, 0x2C]).decode(encoding))
    except UnicodeError:
        return False


def _turned(draw: st.DrawFn, choices: Sequence[T], turn: int) -> T:
    """Draw one of several; the simplest draw differs by turn, so that even it covers much."""
    return choices[(turn + draw(st.integers(0, len(choices) - 1))) % len(choices)]
