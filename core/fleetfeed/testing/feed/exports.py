"""Make exports from a feed's declaration and its sample."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random

from fleetfeed.feed import Column, Degrees, Feed, Moment, Whole, YesNo
from fleetfeed.testing.examples import JUNK
from fleetfeed.testing.feed.sample_table import Table
from fleetfeed.testing.trial import shown

_START = datetime(2026, 2, 3, 14, 5, 6, tzinfo=timezone(timedelta(hours=3)))
_FEW = 8  # least number of rows


@dataclass(frozen=True)
class Made:
    """One export: its rows under the declared column names, and how the file is written."""

    names: tuple[str, ...]
    spelt: tuple[str, ...]  # the header
    rows: tuple[Mapping[str, str], ...]
    ends: str = "\n"
    broken: tuple[str, ...] = ()  # unreadable records after the rows
    last: str = ""  # the exporter's sentinel

    @property
    def records(self) -> int:
        """Number of records that a reader has to account for."""
        return len(self.rows) + len(self.broken) + bool(self.last)

    def content(self, feed: Feed) -> bytes:
        """Return the file's bytes, as the feed's exporter writes them."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=feed.delimiter, lineterminator=self.ends)
        writer.writerow(self.spelt)
        for row in self.rows:
            writer.writerow([row.get(name, "") for name in self.names])
        lines = "".join(f"{line}{self.ends}" for line in (*self.broken, self.last) if line)
        return (out.getvalue() + lines).encode(feed.encoding)

    def shown(self, feed: Feed) -> str:
        """Return the file's content for a message."""
        return shown(self.content(feed).decode(feed.encoding))


def make(feed: Feed, sample: Table, random: Random, shift: int = 0) -> Made:
    """Make an export of rows of the sample, with cells in every declared spelling and some junk.

    One ticket comes twice, one row is to be dropped, and the last records are unreadable. Another `shift` lists some
    other tickets, and changes those that are the same.
    """
    rows = [_row(feed, sample, random, shift + number) for number in range(random.randint(_FEW, 12))]
    rows[-1][feed.key] = rows[0][feed.key]
    if feed.roles.closed_statuses:
        rows[1][feed.roles.status] = feed.roles.closed_statuses[0]
    for drop in feed.drops:
        if drop.words:
            rows[len(rows) // 2][drop.column] = drop.words[0]
    declared = (feed.key, *(column.name for column in feed.columns), *feed.ignore)
    names = tuple(dict.fromkeys((*sample.header, *declared)))
    spellings = {name: [name] for name in names}
    for spelling, name in feed.headers.items():
        spellings.setdefault(name, [name]).append(spelling)
    spelt = tuple(random.choice(spellings[name]) for name in names)
    too_many = feed.delimiter.join([rows[0][feed.key], *["x"] * len(names)])
    too_few = [rows[0][feed.key]] if len(names) > 1 else []
    last = f"{feed.sentinel} at 500" if feed.sentinel and random.random() < 0.5 else ""
    return Made(names, spelt, tuple(rows), random.choice(("\r\n", "\n")), (too_many, *too_few), last)


def without_ties(feed: Feed, made: Made) -> Made:
    """Give each row its own time to win by; without a winner, keep only the first row of each ticket."""
    if not feed.winner:
        first = {row[feed.key].strip(): row for row in reversed(made.rows)}
        return replace(made, rows=tuple(reversed(first.values())))
    hours = (_START + timedelta(hours=number) for number in range(len(made.rows)))
    rows = ({**row, feed.winner[0]: f"{hour:%Y-%m-%d %H:%M:%S}"} for row, hour in zip(made.rows, hours, strict=True))
    return replace(made, rows=tuple(rows))


def junk(feed: Feed) -> list[str]:
    """List unexpected cells that the export's encoding can represent."""
    return [text for text in JUNK if text.encode(feed.encoding, "ignore").decode(feed.encoding) == text]


def _row(feed: Feed, sample: Table, random: Random, number: int) -> dict[str, str]:
    row = dict(sample.rows[number % len(sample.rows)])
    for column in random.sample(feed.columns, min(4, len(feed.columns))):
        row[column.name] = random.choice(_cells(feed, column, sample))
    if random.random() < 0.3:
        row[random.choice(feed.columns).name] = random.choice(junk(feed))
    key = _key(feed, sample, number + random.randint(0, 2))
    return row | {feed.key: f" {key} " if random.random() < 0.3 else key}


def _key(feed: Feed, sample: Table, number: int) -> str:
    known = sample.values(feed.key)
    return known[number] if number < len(known) else f"{known[number % len(known)]}-{number}"


def _cells(feed: Feed, column: Column, sample: Table) -> list[str]:
    """List valid cells of a column, with empty ones and the feed's nulls."""
    return list(dict.fromkeys([*_spelt(feed, column), *sample.values(column.name)[:20], "", *feed.nulls]))


def _spelt(feed: Feed, column: Column) -> Iterator[str]:
    if isinstance(column, Whole):
        yield from ("7", "536.0", "7.5", "-3", "0", " 12 ")
    elif isinstance(column, YesNo):
        yield from (word.upper() if turn % 2 else word for turn, word in enumerate((*column.yes, *column.no)))
    elif isinstance(column, Moment):
        yield from (f"{_START:%Y-%m-%d %H:%M:%S}", f"{_START:%Y-%m-%dT%H:%M}")
        if column.fold is None:
            yield from (_START.astimezone(UTC).strftime(form) for form in column.formats)
    elif isinstance(column, Degrees):
        box = feed.country
        yield from ("0.5", "-1") if box is None else (f"{(box.south + box.north) / 2:.4f}", f"{box.west + 1:.4f}")
    elif column.name == feed.roles.status:
        yield from (*feed.roles.closed_statuses, "open")
