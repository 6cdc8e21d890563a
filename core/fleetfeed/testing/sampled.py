"""Whether the sample export shows what the declaration speaks of, and loads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from fleetfeed.database.tables import literal, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport
from fleetfeed.parse import clean
from fleetfeed.testing.broken import Broken, shown, what_failed
from fleetfeed.testing.samples import Table
from fleetfeed.testing.subject import Subject

MOST = 0.5  # of all records, or of a column's cells, may be unreadable; beyond that it is the declaration that is wrong
Told = tuple[str, str]  # what the sample says otherwise, and where to look


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
    if report.outcome != "loaded":
        look = f"{subject.sample_file}; key, encoding and delimiter in FEED"
        raise Broken("the sample loads", what_failed(report, subject.file), look)
    if (bad := report.rows.rejected.total()) > MOST * report.rows.read:
        came = f"of its {report.rows.read} records {bad} are rejected: {dict(report.rows.rejected)}"
        raise Broken("the sample can be read", came, f"{subject.sample_file}; encoding and delimiter in FEED")
    raw = [row for (row,) in bench.db.all(f"SELECT raw FROM {table(feed)}")]
    found = [*_header(feed, subject.sample), *_versions(feed, subject.sample), *_drops(feed, subject.sample)]
    found += [*_cells(feed, subject.sample, raw, report), *_statuses(feed, raw)]
    found += _closed(feed, bench.db.all(_closing(feed)))
    if found:
        came, looks = "\n".join(what for what, _ in found), "\n".join(dict.fromkeys(look for _, look in found))
        look = f"{looks}\nin {subject.file}, and the sample"
        raise Broken("the sample shows what the declaration speaks of", came, look)


def _header(feed: Feed, there: Table) -> Iterator[Told]:
    for name in (item.name for item in feed.columns):
        if name not in there.header:
            yield f"the column {name!r} is not in its header ({shown(', '.join(there.spelt))})", "columns, headers"


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
    times = [tuple(_spelt(moment.spelling, row.get(moment.name)) for moment in feed.winners) for row in rows]
    return times.count(max(times))


def _spelt(spelling: Callable[[str], str] | None, cell: str | None) -> str:
    text = clean(cell) or ""
    return (spelling(text) if spelling and text else text).replace("T", " ")


def _drops(feed: Feed, there: Table) -> Iterator[Told]:
    for drop in feed.drops:
        if there.rows and all(drop.matches(row) for row in there.rows):
            yield f"every row is dropped as {drop.reason!r}", "drops"


def _cells(feed: Feed, there: Table, raw: list[dict[str, str]], report: RunReport) -> Iterator[Told]:
    """Find columns that no ticket has, or that are not what they are declared to be."""
    filled = Counter(name for row in raw for name in row)
    named = {value: role for role, value in vars(feed.roles).items() if isinstance(value, str)}
    named |= dict.fromkeys(feed.roles.created[:1], "created") | dict.fromkeys(feed.winner[:1], "winner")
    for column in feed.columns:
        name, bad = column.name, report.changes.unreadable.get(column.name, 0)
        cells = [cell for cell in there.values(name) if cell not in feed.nulls]
        if not filled[name] and cells:
            yield f"no ticket has a {name!r}, though the sample says {shown(cells[:3])}", "feed_normalise"
        elif not filled[name] and name in named:
            yield f"no ticket has a {name!r}, which is the role {named[name]!r}", "columns, roles"
        elif bad > MOST * filled[name]:
            few = list(dict.fromkeys(row[name] for row in raw if name in row))[:3]
            kind = type(column).__name__
            yield f"{bad} of {filled[name]} cells of {name!r} are no {kind}: {shown(few)}", f"{kind}({name!r})"


def _statuses(feed: Feed, raw: list[dict[str, str]]) -> Iterator[Told]:
    """Find closed statuses none of which ever occurs: then every ticket is open for ever."""
    there = Counter(row.get(feed.roles.status) for row in raw)
    closed = feed.roles.closed_statuses
    if not any(there[word] for word in closed):
        said = shown([word for word, _ in there.most_common(8)])
        yield f"no ticket is closed: {feed.roles.status} is never one of {closed}; it says {said}", "closed_statuses"


def _closing(feed: Feed) -> str:
    words = ", ".join(map(literal, feed.roles.closed_statuses))
    is_timed, status = f"{quoted(feed.roles.closed)} IS NOT NULL", quoted(feed.roles.status)
    return f"SELECT {is_timed}, count(*) FROM {table(feed)} WHERE {status} IN ({words}) GROUP BY 1"


def _closed(feed: Feed, counts: list[tuple[Any, ...]]) -> Iterator[Told]:
    timed = dict(counts)
    if timed.get(False) and not timed.get(True):
        yield f"not one of {timed[False]} closed tickets has a {feed.roles.closed}", "roles.closed"
