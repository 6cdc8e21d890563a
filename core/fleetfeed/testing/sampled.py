"""Whether the sample export shows what the declaration speaks of, and loads."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fleetfeed.database.tables import literal, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport
from fleetfeed.parse import clean
from fleetfeed.testing.broken import Broken, shown, what_failed
from fleetfeed.testing.samples import Table
from fleetfeed.testing.subject import Subject

MOST = 0.5  # of a column's cells may be unreadable; beyond that its declaration is wrong, and not the sample


class SampleWarning(UserWarning):
    """Something of a declaration that the sample does not show: perhaps a mistake, perhaps only a short sample."""


@dataclass(frozen=True, slots=True)
class Told:
    """Say what the sample does not show; `sure` where that cannot be but a mistake."""

    what: str
    look: str
    sure: bool = True


def sample(subject: Subject) -> None:
    """The sample is there, has every declared column and role, loads, and can be read."""
    feed, bench = subject.feed, subject.bench
    if not subject.sample_file.is_file():
        raise Broken(
            "a sample export that comes with the feed",
            f"there is no {subject.sample_file}",
            "an export of a few dozen tickets, without anybody's names in it, saved under that name",
        )
    bench.clear()
    bench.put(subject.sample_file.read_bytes())
    report = bench.run()
    if report.outcome != "loaded" or report.rows.rejected:
        rejects = "".join(f"\n{reject.record}: {reject.reason} {reject.detail}" for reject in report.rejects[:5])
        came = what_failed(report, subject.file) if report.error else f"rejected: {dict(report.rows.rejected)}{rejects}"
        raise Broken(
            "the sample loads, without a reject", came, f"{subject.sample_file}; encoding and delimiter in FEED"
        )
    raw = [row for (row,) in bench.db.all(f"SELECT raw FROM {table(feed)}")]
    found = [*_columns(feed, subject.sample), *_versions(feed, subject.sample), *_drops(feed, subject.sample)]
    found += [*_cells(feed, raw, report), *_statuses(feed, raw), *_closed(feed, bench.db.all(_closing(feed)))]
    _tell(subject, found)


def _tell(subject: Subject, found: list[Told]) -> None:
    for told in found:
        if not told.sure:
            warnings.warn(f"{subject.name}: {told.what} (look at: {told.look})", SampleWarning, stacklevel=2)
    if sure := [told for told in found if told.sure]:
        came = "\n".join(told.what for told in sure)
        look = "\n".join(dict.fromkeys(told.look for told in sure))
        raise Broken(
            "the sample shows what the declaration speaks of", came, f"{look}\nin {subject.file}, and the sample"
        )


def _columns(feed: Feed, there: Table) -> Iterator[Told]:
    """Find declared columns, spellings and nulls that the sample does not have."""
    for name in (item.name for item in feed.columns):
        if name not in there.header:
            yield Told(
                f"the column {name!r} is not in its header ({shown(', '.join(there.spelt))})", "columns, headers"
            )
    for name in feed.ignore:
        if name not in there.header:
            yield Told(f"the ignored column {name!r} is not in its header", "ignore", sure=False)
    for spelling in feed.headers:
        if spelling not in there.spelt:
            yield Told(f"no column is spelt {spelling!r}", "headers", sure=False)
    cells = {clean(cell) for row in there.rows for cell in row.values()}
    for word in feed.nulls:
        if word not in cells:
            yield Told(f"no cell is {word!r}", "nulls", sure=False)


def _versions(feed: Feed, there: Table) -> Iterator[Told]:
    """Find tickets of which it is not the declaration that tells the latest record."""
    versions: dict[str, list[dict[str, str]]] = {}
    for row in there.rows:
        versions.setdefault(row[feed.key].strip(), []).append(row)
    several = {key: rows for key, rows in versions.items() if len({tuple(row.items()) for row in rows}) > 1}
    ties = [key for key, rows in several.items() if _last(feed, rows) > 1]
    if several and not feed.winner:
        yield Told(
            f"{len(several)} tickets have several records, {shown(ties[:3])} among them, but no winner", "key, winner"
        )
    elif ties:
        what = (
            f"{len(ties)} of {len(several)} tickets with several records have no single latest one: {shown(ties[:3])}"
        )
        yield Told(what, "winner", sure=len(several) > 2 and len(ties) == len(several))


def _last(feed: Feed, rows: list[dict[str, str]]) -> int:
    """Count the records that share the latest times."""
    times = [tuple(_spelt(moment.spelling, row.get(moment.name)) for moment in feed.winners) for row in rows]
    return times.count(max(times))


def _spelt(spelling: Callable[[str], str] | None, cell: str | None) -> str:
    text = clean(cell) or ""
    return (spelling(text) if spelling and text else text).replace("T", " ")


def _drops(feed: Feed, there: Table) -> Iterator[Told]:
    for drop in feed.drops:
        many = sum(drop.matches(row) for row in there.rows)
        if there.rows and many == len(there.rows):
            yield Told(f"every row is dropped as {drop.reason!r}", "drops")
        elif not many:
            yield Told(
                f"no row is dropped as {drop.reason!r}: {drop.column} is never {drop.words}", "drops", sure=False
            )


def _cells(feed: Feed, raw: list[dict[str, str]], report: RunReport) -> Iterator[Told]:
    """Find columns that are empty all the way, or not what they are declared to be."""
    filled = Counter(name for row in raw for name in row)
    named = {value: role for role, value in vars(feed.roles).items() if isinstance(value, str)}
    named |= dict.fromkeys(feed.roles.created[:1], "created") | dict.fromkeys(feed.winner[:1], "winner")
    for column in feed.columns:
        name, bad = column.name, report.changes.unreadable.get(column.name, 0)
        if not filled[name]:
            role = f", which is the role {named[name]!r}," if name in named else ""
            yield Told(f"no ticket has a {name!r}{role} in the sample", "columns, roles", sure=name in named)
        elif bad > MOST * filled[name]:
            few = list(dict.fromkeys(row[name] for row in raw if name in row))[:3]
            kind = type(column).__name__
            yield Told(f"{bad} of {filled[name]} cells of {name!r} are no {kind}: {shown(few)}", f"{kind}({name!r})")
        elif bad:
            yield Told(f"{bad} of {filled[name]} cells of {name!r} cannot be read", f"columns: {name!r}", sure=False)


def _statuses(feed: Feed, raw: list[dict[str, str]]) -> Iterator[Told]:
    """Find closed statuses that never occur: where none does, every ticket is open for ever."""
    there = Counter(row.get(feed.roles.status) for row in raw)
    closed = feed.roles.closed_statuses
    said = f"it says {shown([word for word, _ in there.most_common(8)])}"
    if not any(there[word] for word in closed):
        yield Told(
            f"no ticket is closed: {feed.roles.status} is never one of {closed}; {said}", "roles.closed_statuses"
        )
        return
    for word in closed:
        if not there[word]:
            yield Told(f"no {feed.roles.status} is {word!r}; {said}", "roles.closed_statuses", sure=False)
    if sum(there[word] for word in closed) == sum(there.values()):
        yield Told(f"no ticket is open; {said}", "roles.closed_statuses", sure=False)


def _closing(feed: Feed) -> str:
    words = ", ".join(map(literal, feed.roles.closed_statuses))
    is_timed, status = f"{quoted(feed.roles.closed)} IS NOT NULL", quoted(feed.roles.status)
    return f"SELECT {is_timed}, count(*) FROM {table(feed)} WHERE {status} IN ({words}) GROUP BY 1"


def _closed(feed: Feed, counts: list[tuple[Any, ...]]) -> Iterator[Told]:
    timed = dict(counts)
    if timed.get(False) and not timed.get(True):
        yield Told(f"not one of {timed[False]} closed tickets has a {feed.roles.closed}", "roles.closed")
