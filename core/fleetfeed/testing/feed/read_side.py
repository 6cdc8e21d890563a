"""Whether all that a loaded feed is read by answers: view, map, dashboard and snapshot, of the same tickets."""

from __future__ import annotations

from typing import Any

from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError
from fleetfeed.testing.broken import Broken, what_failed
from fleetfeed.testing.feed.sandbox import Bench
from fleetfeed.testing.feed.subject import Subject

WINDOWS = ("24h", "7d", "30d", "90d")


def reading(subject: Subject) -> None:
    """View, map, dashboard and today's snapshot answer for the loaded sample, and agree on how many are open."""
    bench = subject.bench
    bench.clear()
    bench.put(subject.sample_file.read_bytes())
    report = bench.run()
    if report.error or report.warnings:
        came = what_failed(report, subject.file) if report.error else "\n".join(report.warnings)
        look = f"feed_archive and feed_history in {subject.file}: they hear of a load that is committed"
        raise Broken("an export loads, is archived, and every listener hears of it without a warning", came, look)
    try:
        found = _counts(bench)
    except DatabaseError as error:
        raise Broken(
            "view, map, dashboard and snapshot answer", str(error), f"roles in FEED of {subject.file}"
        ) from error
    tickets = {"tickets of the table": bench.count(), **_named(found, "tickets")}
    for counts in (tickets, _named(found, "open")):
        if len(set(counts.values())) != 1:
            came = ", ".join(f"{name} {count}" for name, count in counts.items())
            look = f"feed_upsert and feed_history in {subject.file}: what they write beside the core"
            raise Broken("all that is read of a load tells of the same tickets", came, look)


def _counts(bench: Bench) -> dict[str, Any]:
    name = bench.feed.name
    view, snapshot = (f"tickets.{quoted(f'{name}_{what}')}" for what in ("open_sla", "daily_snapshot"))
    dashboard = f"reporting.{quoted(f'fn_{name}_dashboard')}"
    told = bench.db.one("SELECT reporting.fn_tickets_for_map(%s)", [name])
    boards = {window: bench.db.one(f"SELECT {dashboard}(p_window => %s)", [window]) for window in WINDOWS}
    return {
        "tickets on the map": told["summary"]["total"],
        "open in the view": bench.db.one(f"SELECT count(*) FROM {view}"),
        "open in the snapshot": bench.db.one(f"SELECT coalesce(sum(open_total), 0) FROM {snapshot}"),
        **{f"open on the dashboard of {window}": board["counts"]["open"] for window, board in boards.items()},
    }


def _named(counts: dict[str, Any], begin: str) -> dict[str, Any]:
    return {name: count for name, count in counts.items() if name.startswith(begin)}
