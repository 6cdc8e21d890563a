"""`fleetfeed capture`: what every applied run does at its end, by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from tests.cli.site import Site
from tests.kit import Bench, ticket

LOCK = "SELECT pg_advisory_lock(hashtextextended('fleetfeed:inc', 0))"
HISTORY = "SELECT t::text FROM tickets.{} t ORDER BY 1"


def today() -> str:
    """Return the day in East Africa."""
    return (datetime.now(UTC) + timedelta(hours=3)).date().isoformat()


def history(site: Site) -> list[list[tuple[object, ...]]]:
    return [site.rows(HISTORY.format(name)) for name in ("closure_events", "inc_daily_snapshot", "captured_runs")]


def test_closures_and_the_days_backlog_are_captured_once(site: Site, bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2")])
    site.rows("DELETE FROM tickets.captured_runs; DELETE FROM tickets.captures; DELETE FROM tickets.inc_daily_snapshot")
    site.rows("UPDATE tickets.inc SET raw = raw || '{\"normalized_status\": \"closed\"}' WHERE ticket_id = 'T2'")
    day = today()
    result = site("capture", "inc")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() in [
        [
            f"inc captured for {reported} (Africa/Nairobi)",
            "  closures  1 captured",
            "  backlog   1 open, 1 actionable, 0 overdue",
        ]
        for reported in (day, today())
    ]
    before = history(site)
    again = site("capture", "inc", "--json").document
    assert (again["outcome"], again["closures"], again["holder"]) == ("captured", 0, None)
    assert again["backlog"] == {"total": 1, "actionable": 1, "overdue": 0}
    if today() == day:
        assert history(site) == before


def test_before_the_first_load_there_is_nothing_open_and_nothing_to_enter(site: Site) -> None:
    document = site("capture", "inc", "--json").document
    assert (document["feed"], document["closures"], document["backlog"]["total"]) == ("inc", 0, 0)
    assert document["timezone"] == "Africa/Nairobi"


def test_while_a_run_is_at_work_it_is_named_and_left_alone(site: Site) -> None:
    with psycopg.connect(site.url, autocommit=True, application_name="fleetfeed run \x1b inc") as connection:
        connection.execute(LOCK)
        before = history(site)
        result, document = site("capture", "inc"), site("capture", "inc", "--json").document
    assert result.code == 0
    assert result.out.startswith("inc busy\n  held by  fleetfeed run ")
    assert "and captures when it is done" in result.out
    assert (document["outcome"], document["holder"][:14], document.get("closures")) == ("busy", "fleetfeed run ", None)
    assert history(site) == before
    assert site("capture", "inc", "--json").document["outcome"] == "captured"
