"""`fleetfeed status`: what is loaded, how old it is, what needs a look; and its exit code for monitoring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.cli.site import INBOX, Site
from tests.kit import Bench, export, line, ticket

KEYS = {
    *("feed", "rows", "open", "overdue", "open_absent", "mapped", "freshness", "data_as_of", "last_run", "rejects"),
    *("exports", "archive", "table_bytes", "geocoding", "concerns"),
}


def written(site: Site, **values: object) -> None:
    """Let the ledger say something else of the last load."""
    said = orjson.dumps(values).decode().replace("'", "''")
    site.rows(
        f"INSERT INTO tickets.import_meta (feed, metadata) VALUES ('inc', '{said}') "
        f"ON CONFLICT (feed) DO UPDATE SET metadata = import_meta.metadata || excluded.metadata"
    )


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def only(site: Site) -> dict[str, Any]:
    (feed,) = site("status", "--json").document["feeds"]
    return dict(feed)


def test_before_the_first_load_nothing_is_known_and_nothing_is_stale(site: Site) -> None:
    result = site("status")
    reported = result.out.splitlines()
    assert reported[:3] == [
        "inc",
        "  tickets   0 (0 open, 0 overdue, 0 absent, 0 mapped)",
        "  export    none is loaded yet; next: fleetfeed run inc",
    ]
    assert [text.split()[0] for text in reported[3:]] == ["tables"]
    assert result.code == 0
    feed = only(site)
    assert feed.keys() == KEYS
    assert (feed["freshness"]["state"], feed["last_run"], feed["data_as_of"]) == ("unknown", None, None)
    assert (feed["archive"], feed["exports"]) == ({"exports": 0, "bytes": 0}, {})


def test_an_empty_bucket_is_reported_with_the_time_of_the_last_look(site: Site) -> None:
    site("run", "inc", "--apply")
    assert "  export    none is loaded yet; checked just now; next: fleetfeed run inc" in site("status").out


def test_status_tells_what_is_loaded_and_what_needs_a_look(site: Site) -> None:
    site.rows("INSERT INTO tickets.sla_targets VALUES ('inc', 'default', 60)")
    body = site.put(export([ticket("INC1"), ticket("INC2", normalized_status="closed")]) + line("INC3"))
    site("run", "inc", "--apply")
    result = site("status", "inc")
    lines = result.out.splitlines()
    assert lines[:2] == ["inc", "  tickets   2 (1 open, 1 overdue, 0 absent, 0 mapped)"]
    assert lines[2] == f"  export    {INBOX}export.csv, written just now"
    assert lines[3] == "  loaded    just now; checked just now"
    assert lines[4].startswith("  content   latest change of a ticket ")
    assert lines[5:9] == [
        "  last run  1: loaded, just now",
        "  exports   1 archived",
        f"  archive   1 export, {len(body)} bytes",
        "  rejects   1; next: fleetfeed rejects list inc",
    ]
    assert lines[9].endswith(" with history, ledger and indexes")
    assert lines[10:] == ["  on map    2 unmapped"]
    feed = only(site)
    assert result.code == 0
    assert (feed["rows"], feed["open"], feed["overdue"], feed["open_absent"], feed["rejects"]) == (2, 1, 1, 0, 1)
    assert (feed["exports"], feed["archive"]) == ({"archived": 1}, {"exports": 1, "bytes": len(body)})
    assert feed["geocoding"]["tickets"] == {"unmapped": 2}
    run = feed["last_run"]
    assert (run["run_id"], run["outcome"], run["age_minutes"], run["error"]) == (1, "loaded", 0, None)
    assert feed["data_as_of"] == "2026-11-19T07:00:00+00:00"
    (size,) = site.rows("SELECT pg_total_relation_size('tickets.inc')")[0]
    assert feed["table_bytes"]["inc"] == size


@pytest.mark.parametrize(
    ("checked", "source", "code", "alarm"),
    [
        (50, 26 * 60, 0, ""),
        (61, 62, 3, "fleetfeed stopped"),
        (5, 27 * 60, 3, "exporter stopped"),
        (61, 9 * 1440, 3, "fleetfeed stopped"),
        (None, 9 * 1440, 0, ""),
    ],
    ids=["fresh", "nobody looked", "old export", "both", "unknown"],
)
def test_a_feed_is_stale_when_the_database_says_so_and_the_exit_code_tells(
    site: Site, checked: int | None, source: int, code: int, alarm: str
) -> None:
    looked, at = checked and ago(minutes=checked), ago(minutes=source)
    written(site, source_key="x.csv", source_last_modified=at, checked_at=looked, loaded_at=at)
    result = site("status", "inc")
    reported = [text for text in result.out.splitlines() if "STALE" in text]
    assert (result.code, [text.split(": ")[0] for text in reported]) == (
        code,
        [f"  STALE     {alarm}"] if alarm else [],
    )
    again = site("status", "--json")
    freshness = again.document["feeds"][0]["freshness"]
    assert (again.code, freshness["reason"]) == (code, alarm or None)
    assert datetime.fromisoformat(freshness["source_last_modified"]) == datetime.fromisoformat(at)


def test_times_of_writing_loading_looking_and_content_are_distinguished(site: Site) -> None:
    times = {"loaded_at": ago(hours=3), "checked_at": ago(minutes=10), "source_newest": ago(days=2, hours=1)}
    written(site, source_key="x.csv", source_last_modified=ago(hours=5), truncated=True, **times)
    assert site("status").out.splitlines()[2:5] == [
        "  export    x.csv, written 5 h ago, truncated by its exporter",
        "  loaded    3 h ago; checked 10 min ago",
        "  content   latest change of a ticket 2 days ago",
    ]


def test_a_feed_that_cannot_be_used_counts_more_than_one_that_is_stale(site: Site) -> None:
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "crq.py").write_text("import no_such_module\n")
    site.write(more='\n[feeds.crq]\nsource = "file:///nowhere/"\narchive = false\n')
    written(site, source_key="x.csv", source_last_modified=ago(days=9), checked_at=ago(days=8))
    result = site("status")
    assert (result.code, "STALE" in result.out, "no_such_module" in result.err) == (2, True, True)


def test_absent_tickets_are_no_backlog_and_failed_runs_show_their_error(site: Site, bench: Bench) -> None:
    bench.loaded([ticket("T1"), ticket("T2"), ticket("T3", normalized_status="closed")])
    bench.loaded([ticket("T1")])
    site.rows(
        "UPDATE tickets.import_runs SET outcome = 'failed', error = E'disk\\nfull \\x1b]0;x\\x07' WHERE run_id = 2"
    )
    lines = site("status").out.splitlines()
    assert "  tickets   3 (1 open, 0 overdue, 1 absent, 0 mapped)" in lines
    assert "            disk\\nfull \\x1b]0;x\\x07" in lines
    assert (only(site)["open"], only(site)["open_absent"]) == (1, 1)
