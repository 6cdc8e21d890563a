"""The week of exports that the demo loads."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

from fleetfeed.scaffold.week import DayExport, week
from tests.kit import FEED, ROOT, Bench, ticket

NOW = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
DONE = {"normalized_status": "closed", "raw_status": "Closed", "mttr": "60.0"}


def demo() -> list[DayExport]:
    with (ROOT / "feeds" / "inc" / "demo.csv").open(encoding="utf-8", newline="") as file:
        return list(week(FEED, csv.DictReader(file), NOW))


def rows(*tickets: dict[str, str]) -> list[dict[str, str]]:
    """Export the tickets a week long, and return how the first of them looked on each day."""
    newest = ticket("NEWEST", source_updated_at="2026-11-20 09:00:00", created_at_service="2026-11-20 09:00:00")
    found = [
        {row["ticket_id"]: row for row in export.rows}.get("INC1", {}) for export in week(FEED, [*tickets, newest], NOW)
    ]
    return found


def test_the_newest_time_of_the_exports_is_now() -> None:
    last = demo()[-1]

    assert last.at == NOW
    assert "2026-11-30 09" < max(row["source_updated_at"] for row in last.rows) <= "2026-11-30 10:00:00"  # in Nairobi


def test_a_ticket_is_open_until_the_day_that_closes_it() -> None:
    found = rows(ticket("INC1", created_at_service="2026-11-15 10:00:00", closed_at="2026-11-18 03:00:00", **DONE))

    assert [row.get("normalized_status") for row in found] == [None, None, *["open"] * 2, *["closed"] * 3]
    assert [bool(row.get("closed_at")) for row in found[2:]] == [False] * 2 + [True] * 3
    assert [row.get("mttr") for row in found[2:]] == [""] * 2 + ["60.0"] * 3


def test_no_export_knows_what_came_after_it() -> None:
    for export in demo():
        at = export.at.strftime("%Y-%m-%d %H:%M:%S")
        assert all(
            row[name] <= at for row in export.rows for name in ("source_updated_at", "last_seen_at", "closed_at")
        )


def test_the_demo_has_all_that_a_map_can_show(bench: Bench) -> None:
    for export in demo():
        report = bench.loaded(export.rows)
    document = bench.db.one("SELECT reporting.fn_inc_dashboard(p_window => '30d')")
    kinds = dict(bench.db.all("SELECT kind, count(*) FROM tickets.ticket_changes GROUP BY 1"))

    assert report.rows.absent > 0
    assert all(kinds.get(kind, 0) > 0 for kind in ("inserted", "updated", "absent", "returned"))
    reopened = "changed -> 'normalized_status' ->> 0 = 'closed' AND changed -> 'normalized_status' ->> 1 = 'open'"
    assert bench.db.one(f"SELECT count(*) FROM tickets.ticket_changes WHERE {reopened}") > 0
    assert document["counts"]["open_unmapped"] > 0  # without the gazetteer
    places = {
        tuple(one["geometry"]["coordinates"]) for one in document["open"]["features"] if one["geometry"] is not None
    }
    assert len(places) > 20


def test_most_of_the_backlog_is_not_overdue() -> None:
    last = demo()[-1]
    opened = [row["created_at_service"] or row["first_seen_at"] for row in last.rows if not row["closed_at"]]
    late = [text for text in opened if text < (last.at - timedelta(hours=48)).strftime("%Y-%m-%d %H:%M:%S")]

    assert 0 < len(late) < len(opened) / 2


def test_times_in_another_form_stay_as_they_are() -> None:
    row = ticket("INC1", **dict.fromkeys(("created_at_service", "first_seen_at", "source_updated_at"), "20.11.2026"))

    assert [export.rows for export in week(FEED, [row | {"last_seen_at": ""}], NOW)] == [
        [row | {"last_seen_at": ""}]
    ] * 7
