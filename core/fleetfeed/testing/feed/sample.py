"""Laws about the declaration and the sample: they fit each other, the sample loads, and everything that reads works."""

from __future__ import annotations

from typing import Any

from fleetfeed.database.schema.tables import quoted, table
from fleetfeed.errors import DatabaseError
from fleetfeed.model import RunReport
from fleetfeed.scaffold.sample_check import never_met, sample_problems
from fleetfeed.testing.feed.bench import Bench
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.testing.trial import Broken

WINDOWS = ("24h", "7d", "30d", "90d")


def declaration(subject: Subject) -> None:
    """Check that every word that cells are compared with can occur."""
    if found := list(never_met(subject.feed)):
        raise Broken("\n".join(f"{problem.about}: {problem}" for problem in found))


def sample(subject: Subject) -> None:
    """Check that the sample shows what is declared, and that most of it becomes tickets, with all columns."""
    feed, file = subject.feed, subject.sample_file
    if not file.is_file():
        raise Broken(f"there is no {file}: save an export of a few dozen tickets there, without anybody's names in it")
    repaired = "feed_normalise" in subject.plugin.hooks
    if found := [problem for problem, sure in sample_problems(feed, file, repaired=repaired) if sure]:
        raise Broken(f"{file} is not as declared:\n" + "\n".join(map(str, found)))
    if not subject.sample.rows:
        raise Broken(f"{file} has no record with as many cells as its header, and a {feed.key!r}")
    report = _load_sample(subject)
    if report.outcome != "loaded":
        raise Broken(f"{file} does not load: {report.error or report.outcome}")
    if 2 * (bad := report.rows.rejected.total()) > report.rows.read:
        raise Broken(f"of {report.rows.read} records of {file} {bad} are rejected: {dict(report.rows.rejected)}")
    stored = subject.bench.db.one(f"SELECT array_agg(DISTINCT name) FROM {table(feed)}, jsonb_object_keys(raw) AS name")
    for column in feed.columns:
        cells = [cell for cell in subject.sample.values(column.name) if cell not in feed.nulls]
        if cells and column.name not in (stored or ()):
            raise Broken(f"no ticket has a {column.name!r}, but {file} has {cells[:3]}")


def reading(subject: Subject) -> None:
    """Check that view, map, dashboard and snapshot answer for the sample, and agree on tickets and open ones."""
    report = _load_sample(subject)
    if report.error or report.warnings:
        raise Broken(f"{subject.sample_file} does not load without a warning: {report.error or report.warnings}")
    try:
        everyone, still_open = _counts(subject.bench)
    except DatabaseError as error:
        raise Broken(f"view, map, dashboard or snapshot do not answer: {error}") from error
    for counts in (everyone, still_open):
        if len(set(counts.values())) != 1:
            raise Broken(f"table, view, map, dashboard and snapshot do not have the same tickets: {counts}")


def _load_sample(subject: Subject) -> RunReport:
    subject.bench.clear()
    subject.bench.put(subject.sample_file.read_bytes())
    return subject.bench.run()


def _counts(bench: Bench) -> tuple[dict[str, Any], dict[str, Any]]:
    """Count all tickets and the open ones, by where they are counted."""
    name, one = bench.feed.name, bench.db.one
    view, snapshot = (f"tickets.{quoted(f'{name}_{what}')}" for what in ("open_sla", "daily_snapshot"))
    dashboard = f"SELECT reporting.{quoted(f'fn_{name}_dashboard')}(p_window => %s)"
    on_map = one("SELECT reporting.fn_tickets_for_map(%s)", [name])
    return {"table": len(bench.tickets()), "map": on_map["summary"]["total"]}, {
        "open in the view": one(f"SELECT count(*) FROM {view}"),
        "open in the snapshot": one(f"SELECT coalesce(sum(open_total), 0) FROM {snapshot}"),
        **{f"open on the dashboard of {window}": one(dashboard, [window])["counts"]["open"] for window in WINDOWS},
    }
