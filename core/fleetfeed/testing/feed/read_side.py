"""Law: view, map, dashboard and snapshot of a loaded sample answer, and agree."""

from __future__ import annotations

from typing import Any

from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.testing.broken import what_failed
from fleetfeed.testing.feed.loaded import load_sample
from fleetfeed.testing.feed.sandbox import Bench
from fleetfeed.testing.feed.subject import Subject

WINDOWS = ("24h", "7d", "30d", "90d")


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
