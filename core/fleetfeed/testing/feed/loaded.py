"""Whether the sample loads, and its tickets are what columns and roles say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fleetfeed.database.schema.tables import literal, quoted, table
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport
from fleetfeed.testing.broken import Broken, shown, what_failed
from fleetfeed.testing.feed.sample import Told, disagree
from fleetfeed.testing.feed.sample_table import Table
from fleetfeed.testing.feed.subject import Subject

MOST = 0.5  # of all records, or of a column's cells, may be unreadable; beyond that it is the declaration that is wrong


def loaded(subject: Subject) -> None:
    """The sample loads; its cells, roles and closed statuses are what is declared."""
    feed, bench = subject.feed, subject.bench
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
    told = [*_cells(feed, subject.sample, raw, report), *_statuses(feed, raw)]
    if feed.roles.closed and feed.roles.closed_statuses:
        told += _closed(feed, bench.db.all(_closing(feed, feed.roles.closed)))
    disagree(subject, told)


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
    ended = any(feed.roles.closed in row for row in raw)  # an export of open tickets alone has no closed one
    if ended and not any(there[word] for word in closed):
        said = shown([word for word, _ in there.most_common(8)])
        yield f"no ticket is closed: {feed.roles.status} is never one of {closed}; it says {said}", "closed_statuses"


def _closing(feed: Feed, closed: str) -> str:
    words = ", ".join(map(literal, feed.roles.closed_statuses))
    is_timed, status = f"{quoted(closed)} IS NOT NULL", quoted(feed.roles.status)
    return f"SELECT {is_timed}, count(*) FROM {table(feed)} WHERE {status} IN ({words}) GROUP BY 1"


def _closed(feed: Feed, counts: list[tuple[Any, ...]]) -> Iterator[Told]:
    timed = dict(counts)
    if timed.get(False) and not timed.get(True):
        yield f"not one of {timed[False]} closed tickets has a {feed.roles.closed}", "roles.closed"
