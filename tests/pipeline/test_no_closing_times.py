"""A feed whose exports have no column for closing times: the status alone says what is closed, or nothing does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pluggy
import pytest

from fleetfeed import Feed, Moment, Roles, Text
from fleetfeed.buckets.folder import FolderBucket
from fleetfeed.database import Database, connect
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.hookspecs import GROUP, Hooks
from fleetfeed.model import RunReport
from fleetfeed.pipeline import run
from fleetfeed.pipeline.job import Job
from fleetfeed.stages import STAGES
from tests.database.schema.derived.payloads import DASHBOARD, MAP, wrong
from tests.kit import MIGRATIONS

COLUMNS = (Text("title"), Text("status"), Moment("opening_date", zone="Europe/Paris"), Text("requester"))
OPEN = Feed(  # an export of open tickets only
    name="open_only",
    key="id",
    delimiter=";",
    columns=COLUMNS,
    roles=Roles(status="status", closed_statuses=(), created=("opening_date",), owner="requester"),
)
WORD = replace(OPEN, name="by_word", roles=replace(OPEN.roles, closed_statuses=("Closed",)))
TIMED = replace(
    WORD, columns=(*COLUMNS, Moment("closing_date")), roles=replace(WORD.roles, closed="closing_date"), name="by_word"
)
HEADER = "id;title;status;opening_date;requester\n"
ONE = "1;Printer;Processing;2026-11-03 08:10;Ann\n2;Network;Pending;2026-11-04 09:00;Ben\n"
ASKED = "p_window => 'custom', p_from => '2026-11-01', p_to => '2026-11-30'"


@pytest.fixture
def database(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    with connect(new_database(migrated), "no closing times") as db:
        yield db


def load(db: Database, feed: Feed, folder: Path, *exports: str) -> list[RunReport]:
    """Load exports one after the other, capturing the history after each."""
    migrate(db, MIGRATIONS, [feed])
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    for stage in STAGES.values():
        manager.register(stage)
    reports = []
    for number, text in enumerate(exports):
        (folder / f"export{number}.csv").write_text(HEADER + text)
        report = run.run(Job(feed, manager, FolderBucket(folder), apply=True), db)
        assert (report.outcome, report.error, report.warnings) == ("loaded", None, [])
        db.execute("SELECT tickets.capture_history(%s)", [feed.name])
        reports.append(report)
    return reports


def states(db: Database, feed: Feed) -> list[tuple[str, bool, bool]]:
    """Give each ticket, whether it is closed and whether it is absent."""
    return db.all(
        f"SELECT ticket_id, {tables.closed(feed)}, absent_since IS NOT NULL FROM {tables.table(feed)} ORDER BY 1"
    )


def test_of_an_export_of_open_tickets_one_that_is_gone_is_absent(database: Database, tmp_path: Path) -> None:
    first, second = load(database, OPEN, tmp_path, ONE, ONE.splitlines(keepends=True)[1])
    assert (first.changes.inserted, second.rows.absent) == (2, 1)
    assert states(database, OPEN) == [("1", False, True), ("2", False, False)]
    assert database.one("SELECT count(*) FROM tickets.closure_events") == 0
    document = database.one(f"SELECT reporting.fn_open_only_dashboard({ASKED})")
    assert wrong(DASHBOARD, document) == []
    assert (document["counts"]["open"], document["counts"]["open_absent"], document["counts"]["closed"]) == (1, 1, 0)
    assert [day["created"] for day in document["metrics"]["flow"][2:4]] == [1, 1]
    assert document["metrics"]["ttr"]["basis"] == "no closing times"
    on_map = database.one("SELECT reporting.fn_tickets_for_map('open_only')")
    assert wrong(MAP, on_map) == []
    assert on_map["summary"]["total"] == 2


def test_a_word_alone_closes_a_ticket_and_its_closure_has_no_time(database: Database, tmp_path: Path) -> None:
    shut = ONE.replace("Processing", "Closed")
    load(database, WORD, tmp_path, ONE, shut, ONE, shut)
    assert states(database, WORD) == [("1", True, False), ("2", False, False)]
    events = database.all("SELECT ticket_id, closed_at, raw_status, owner FROM tickets.closure_events")
    assert events == [("1", None, None, "Ann")]
    flow = "SELECT sum(observed_closed), sum(observed_reopened) FROM tickets.by_word_daily_snapshot"
    assert database.all(flow) == [(2, 1)]
    document = database.one(f"SELECT reporting.fn_by_word_dashboard({ASKED})")
    assert wrong(DASHBOARD, document) == []
    assert (document["counts"]["open"], document["counts"]["closed"]) == (1, 0)
    assert {day["closed"] for day in document["metrics"]["flow"]} == {0}
    assert all(feature["properties"]["closed_at"] is None for feature in document["open"]["features"])


def test_a_feed_gains_and_loses_its_closing_times_by_migrate(database: Database, tmp_path: Path) -> None:
    load(database, WORD, tmp_path, ONE)
    for feed, many in ((TIMED, 2), (replace(TIMED, roles=replace(TIMED.roles, closed=None)), 0)):
        migrate(database, MIGRATIONS, [feed])
        named = database.one("SELECT count(*) FROM pg_indexes WHERE indexname ~ '^by_word_closed(_long)?$'")
        assert named == many
        assert migrate(database, MIGRATIONS, [feed]) == []
    assert states(database, feed) == [("1", False, False), ("2", False, False)]
