"""Whether the sample export shows what the declaration speaks of, as far as that can be told by reading it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from fleetfeed.errors import PluginFault
from fleetfeed.feed import Feed
from fleetfeed.feed.callables import FoldFailed, is_dropped
from fleetfeed.model import RowRejected
from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.feed.sample_table import Table
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.text.parse import clean

Told = tuple[str, str]  # what the sample says otherwise, and where to look


def sample(subject: Subject) -> None:
    """The sample is there, and has tickets and every declared column."""
    feed = subject.feed
    if not subject.sample_file.is_file():
        raise Broken(
            "a sample export that comes with the feed",
            f"there is no {subject.sample_file}",
            "an export of a few dozen tickets, without anybody's names in it, saved under that name",
        )
    there = subject.sample
    told = [*_header(feed, there), *_folds(feed, there), *_versions(feed, there), *_drops(feed, there)]
    disagree(subject, told or [*_rows(feed, there)])


def disagree(subject: Subject, told: list[Told]) -> None:
    """Raise what the sample says otherwise, if there is anything."""
    if told:
        came, looks = "\n".join(what for what, _ in told), ", ".join(dict.fromkeys(look for _, look in told))
        look = f"{looks} in {subject.file}, and {subject.sample_file}"
        raise Broken("the sample shows what the declaration speaks of", came, look)


def _header(feed: Feed, there: Table) -> Iterator[Told]:
    for name in (feed.key, *(item.name for item in feed.columns)):
        if name not in there.header:
            yield (
                f"the column {name!r} is not in its header ({shown(', '.join(there.spelt))})",
                "key, columns, headers, delimiter",
            )


def _versions(feed: Feed, there: Table) -> Iterator[Told]:
    """Find tickets of which it is not the declaration that tells the latest record."""
    versions: dict[str, list[dict[str, str]]] = {}
    for row in there.rows:
        versions.setdefault(row[feed.key].strip(), []).append(row)
    several = {key: rows for key, rows in versions.items() if len({tuple(row.items()) for row in rows}) > 1}
    ties = [key for key, rows in several.items() if _last(feed, rows) > 1]
    if several and not feed.winner:
        many = f"{len(several)} tickets have several records, {shown(sorted(several)[:3])} among them"
        yield f"{many}, but no winner", "key, winner"
    elif len(ties) > 2 and len(ties) == len(several):
        yield f"none of {len(ties)} tickets with several records has a latest one: {shown(ties[:3])}", "winner"


def _last(feed: Feed, rows: list[dict[str, str]]) -> int:
    """Count the records that share the latest times."""
    times = [tuple(_spelt(feed, moment.name, row.get(moment.name)) for moment in feed.winners) for row in rows]
    return times.count(max(times))


def _spelt(feed: Feed, name: str, cell: str | None) -> str:
    text, spelling = clean(cell) or "", feed.spellings.get(name)
    with suppress(RowRejected):  # which is told by itself
        text = spelling(text) if spelling and text and text not in feed.nulls else text
    return text.replace("T", " ")


def _folds(feed: Feed, there: Table) -> Iterator[Told]:
    """Find the cells on which a fold fails: a run would reject their records."""
    for name, spelling in feed.spellings.items():
        for cell in there.values(name):
            try:
                _ = cell in feed.nulls or spelling(cell)
            except FoldFailed as failed:
                yield f"{failed.reason} {failed.detail}", f"fold of {name!r}"
                break


def _drops(feed: Feed, there: Table) -> Iterator[Told]:
    for drop in feed.drops:
        try:
            dropped = [is_dropped(feed, drop, row) for row in there.rows]
        except PluginFault as fault:
            yield fault.cause, "drops"
            continue
        if dropped and all(dropped):
            yield f"every row is dropped as {drop.reason!r}", "drops"


def _rows(feed: Feed, there: Table) -> Iterator[Told]:
    if not there.rows:
        yield f"no record has as many cells as its header, and a {feed.key!r}", "key, delimiter, encoding"
