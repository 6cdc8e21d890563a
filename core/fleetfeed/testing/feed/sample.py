"""Law: the sample export shows what the declaration names, as far as that shows without loading it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from fleetfeed.errors import UsageError
from fleetfeed.feed import Feed
from fleetfeed.feed.callables import is_dropped
from fleetfeed.model import RowRejected
from fleetfeed.scaffold.sample_check import faults
from fleetfeed.scaffold.table import tabulated
from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.feed.sample_table import Table
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.text.parse import clean

Contradiction = tuple[str, str]  # what the sample shows instead, and where to look


def sample(subject: Subject) -> None:
    """Check that the sample exists, and has tickets and every declared column."""
    feed = subject.feed
    if not subject.sample_file.is_file():
        raise Broken(
            "a sample export beside the feed",
            f"there is no {subject.sample_file}",
            "an export of a few dozen tickets, without anybody's names in it, saved under that name",
        )
    found = [*_faults(subject)] or [*_versions(feed, subject.sample), *_rows(feed, subject.sample)]
    report_contradictions(subject, found)


def report_contradictions(subject: Subject, found: list[Contradiction]) -> None:
    """Raise Broken for what the sample shows otherwise, if anything."""
    if found:
        came, looks = "\n".join(what for what, _ in found), ", ".join(dict.fromkeys(look for _, look in found))
        look = f"{subject.sample_file}, and {looks}"
        raise subject.broken("the sample shows what the declaration names", came, look)


def _faults(subject: Subject) -> Iterator[Contradiction]:
    """Find what `fleetfeed feeds check` finds, except what feed_normalise may still repair."""
    try:
        with tabulated(subject.sample_file, subject.feed.layout) as table:
            yield from ((problem.what, f"{problem.part} of FEED") for problem in faults(subject.feed, table))
    except UsageError as error:
        yield error.cause, "key, headers, delimiter, encoding of FEED"


def _versions(feed: Feed, sample: Table) -> Iterator[Contradiction]:
    """Find tickets whose latest record the declaration does not determine."""
    versions: dict[str, list[dict[str, str]]] = {}
    for row in sample.rows:
        versions.setdefault(row[feed.key].strip(), []).append(row)
    several = {key: rows for key, rows in versions.items() if len({tuple(row.items()) for row in rows}) > 1}
    ties = [key for key, rows in several.items() if _latest(feed, rows) > 1]
    if several and not feed.winner:
        many = f"{len(several)} tickets have several records, {shown(sorted(several)[:3])} among them"
        yield f"{many}, but no winner", "key, winner"
    elif len(ties) > 2 and len(ties) == len(several):
        yield f"none of {len(ties)} tickets with several records has a latest one: {shown(ties[:3])}", "winner"


def _latest(feed: Feed, rows: list[dict[str, str]]) -> int:
    """Count the records that share the latest times."""
    times = [tuple(_time(feed, moment.name, row.get(moment.name)) for moment in feed.winners) for row in rows]
    return times.count(max(times))


def _time(feed: Feed, name: str, cell: str | None) -> str:
    text, spelling = clean(cell) or "", feed.spellings.get(name)
    with suppress(RowRejected):
        text = spelling(text) if spelling and text and text not in feed.nulls else text
    return text.replace("T", " ")


def _rows(feed: Feed, sample: Table) -> Iterator[Contradiction]:
    if not sample.rows:
        yield f"no record has as many cells as its header, and a {feed.key!r}", "key, delimiter, encoding"
    for drop in feed.drops if sample.rows else ():
        if all(is_dropped(feed, drop, row) for row in sample.rows):
            yield f"every row is dropped as {drop.reason!r}", "drops"
