"""Laws about the loaded sample: its tickets are as declared, and every reader agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fleetfeed.database.schema.tables import quoted, table
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport
from fleetfeed.testing.broken import shown, what_failed
from fleetfeed.testing.feed.sample import Contradiction, report_contradictions
from fleetfeed.testing.feed.sample_table import Table
from fleetfeed.testing.feed.sandbox import Bench
from fleetfeed.testing.feed.subject import Subject

MOST = 0.5  # share of all records, or of a column's cells; if more are unreadable, the declaration is wrong
WINDOWS = ("24h", "7d", "30d", "90d")


def load_sample(subject: Subject) -> RunReport:
    """Load the sample into an empty database."""
    subject.bench.clear()
    subject.bench.put(subject.sample_file.read_bytes())
    return subject.bench.run()


def loaded(subject: Subject) -> None:
    """Check that the sample loads, and that its cells, roles and closed statuses are as declared."""
    feed, report = subject.feed, load_sample(subject)
    look = f"{subject.sample_file}; key, encoding and delimiter of FEED"
    if report.outcome != "loaded":
        raise subject.broken("the sample loads", what_failed(report, subject.file), look)
    if (bad := report.rows.rejected.total()) > MOST * report.rows.read:
        came = f"of its {report.rows.read} records {bad} are rejected: {dict(report.rows.rejected)}"
        raise subject.broken("the sample can be read", came, look)
    raw = [row for (row,) in subject.bench.db.all(f"SELECT raw FROM {table(feed)}")]
    report_contradictions(subject, [*_cells(feed, subject.sample, raw, report), *_closed(feed, raw)])


def _cells(feed: Feed, sample: Table, raw: list[dict[str, str]], report: RunReport) -> Iterator[Contradiction]:
    """Find columns that no ticket has, or whose cells are of another kind."""
    filled = Counter(name for row in raw for name in row)
    roles = {value: role for role, value in vars(feed.roles).items() if isinstance(value, str)}
    roles |= dict.fromkeys(feed.roles.created[:1], "created") | dict.fromkeys(feed.winner[:1], "winner")
    for column in feed.columns:
        name, bad = column.name, report.changes.unreadable.get(column.name, 0)
        cells = [cell for cell in sample.values(name) if cell not in feed.nulls]
        if not filled[name] and cells:
            yield f"no ticket has a {name!r}, but the sample has {shown(cells[:3])}", "feed_normalise"
        elif not filled[name] and name in roles:
            yield f"no ticket has a {name!r}, which is the role {roles[name]!r}", "columns, roles"
        elif bad > MOST * filled[name]:
            few = list(dict.fromkeys(row[name] for row in raw if name in row))[:3]
            kind = type(column).__name__
            yield f"{bad} of {filled[name]} cells of {name!r} are no {kind}: {shown(few)}", f"{kind}({name!r})"


def _closed(feed: Feed, raw: list[dict[str, str]]) -> Iterator[Contradiction]:
    """Find closed statuses that never occur, so that tickets stay open for ever, and closed tickets without a time."""
    roles = feed.roles
    statuses = Counter(row.get(roles.status) for row in raw)
    closed = [row for row in raw if row.get(roles.status) in roles.closed_statuses]
    ended = any(roles.closed in row for row in raw)  # an export of open tickets alone has no closed one
    if ended and not closed:
        words = shown([word for word, _ in statuses.most_common(8)])
        what = f"no ticket is closed: {roles.status} is never one of {roles.closed_statuses}; it is one of {words}"
        yield what, "closed_statuses"
    elif roles.closed and closed and not any(roles.closed in row for row in closed):
        yield f"not one of {len(closed)} closed tickets has a {roles.closed}", "roles.closed"


def reading(subject: Subject) -> None:
    """Check that view, map, dashboard and snapshot answer for the sample, and agree on tickets and open ones."""
    bench, report = subject.bench, load_sample(subject)
    if report.error or report.warnings:
        came = what_failed(report, subject.file) if report.error else "\n".join(report.warnings)
        expected = "an export is loaded and archived, and every listener is called without a warning"
        raise subject.broken(expected, came, "feed_archive and feed_history (called after the commit)")
    try:
        tickets, open_ = _counts(bench)
    except DatabaseError as error:
        raise subject.broken("view, map, dashboard and snapshot answer", str(error), "roles of FEED") from error
    for counts in (tickets, open_):
        if len(set(counts.values())) != 1:
            came = ", ".join(f"{name} {count}" for name, count in counts.items())
            look = "feed_upsert and feed_history (what they write beside the core)"
            raise subject.broken("table, view, map, dashboard and snapshot have the same tickets", came, look)


def _counts(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """Count all tickets and the open ones, by where they are counted."""
    name = bench.feed.name
    view, snapshot = (f"tickets.{quoted(f'{name}_{what}')}" for what in ("open_sla", "daily_snapshot"))
    dashboard = f"reporting.{quoted(f'fn_{name}_dashboard')}"
    on_map = bench.db.one("SELECT reporting.fn_tickets_for_map(%s)", [name])
    boards = {window: bench.db.one(f"SELECT {dashboard}(p_window => %s)", [window]) for window in WINDOWS}
    return {"tickets of the table": bench.count(), "tickets on the map": on_map["summary"]["total"]}, {
        "open in the view": bench.db.one(f"SELECT count(*) FROM {view}"),
        "open in the snapshot": bench.db.one(f"SELECT coalesce(sum(open_total), 0) FROM {snapshot}"),
        **{f"open on the dashboard of {window}": board["counts"]["open"] for window, board in boards.items()},
    }
