"""A swap takes over what differs, keeps what nothing contradicts, and is one moment for readers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from fleetfeed.database import connect
from fleetfeed.errors import FleetfeedError, UsageError
from fleetfeed.pipeline.replay import replay_feed
from fleetfeed.states import Cause
from tests.kit import FEED, export, line
from tests.rebuild.kit import Past, tickets
from tests.rebuild.test_proof import BY_HAND, UPPER

ALL = set(Cause) - {Cause.UNEXPLAINED}
DEPENDENTS = "SELECT count(*) FROM pg_depend WHERE refobjid = 'tickets.inc'::regclass"


def test_what_is_equal_is_not_written(past: Past) -> None:
    names = ("inc", "ticket_changes", "closure_events", "inc_daily_snapshot", "rejects", "captured_runs", "exports")
    before, pictures = past.bench.picture(*names), past.pictures()
    past.rebuild().replay()
    _, proof = past.rebuild().swap()
    assert proof.differences == []
    assert past.bench.picture(*names) == before
    assert past.pictures() == pictures
    assert not past.rebuild().shadow.exists
    rebuilt = past.db.all("SELECT counts -> 'rebuilt' -> 'of' FROM tickets.import_runs ORDER BY 1")
    assert rebuilt == [(1,), (2,), (3,), (4,)]


@pytest.mark.parametrize("sql", [sql for sql, _ in BY_HAND.values()], ids=BY_HAND)
def test_a_swap_restores_what_exports_say(past: Past, sql: str) -> None:
    pictures, depends = past.pictures(), past.db.one(DEPENDENTS)
    past.db.execute(sql)
    past.rebuild().replay()
    with pytest.raises(FleetfeedError, match="not accepted: by hand"):
        past.rebuild().swap()
    past.rebuild().swap([Cause.BY_HAND])
    assert past.pictures() == pictures
    assert past.db.one(DEPENDENTS) == depends
    past.rebuild().replay()
    assert past.rebuild().prove()[1].differences == []


def test_rules_of_now_reach_the_past(past: Past) -> None:
    past.rebuild(feed=UPPER).replay()
    past.rebuild(feed=UPPER).swap([Cause.RULES])
    assert {row["region"] for row in past.bench.rows("region")} == {"NAIROBI WEST"}
    past.bench.feed = UPPER
    assert past.bench.run(archive=False).outcome == "empty"
    past.bench.put(tickets("T1", "T2", "T3", "T4"))
    report = past.bench.run()
    assert (report.error, report.rows.updated) == (None, 1)  # T2 lost its owner
    assert past.rebuild(feed=UPPER).plan().missing == []


def test_it_catches_up_before_it_compares(past: Past) -> None:
    past.rebuild().replay()
    past.bench.loaded(tickets("T1", "T7"))
    before = past.pictures()
    plan, proof = past.rebuild().swap()
    assert (len(plan.done), proof.differences) == (5, [])
    assert past.pictures() == before


def test_what_nothing_explains_is_never_swapped(past: Past) -> None:
    past.db.execute("UPDATE tickets.inc_daily_snapshot SET observed_created = observed_created + 1")
    past.rebuild().replay()
    before = past.pictures()
    with pytest.raises(FleetfeedError, match="nothing known explains why"):
        past.rebuild().swap(ALL)
    assert past.pictures() == before
    assert past.rebuild().shadow.exists


def test_many_differences_must_be_accepted_as_many(past: Past) -> None:
    past.bench.loaded(tickets(*(f"N{number}" for number in range(60))), accept_incomplete=True)
    past.rebuild(feed=UPPER).replay()
    with pytest.raises(FleetfeedError, match="not accepted: many"):
        past.rebuild(feed=UPPER).swap([Cause.RULES])
    past.rebuild(feed=UPPER).swap([Cause.RULES, Cause.MANY])


def test_without_a_rebuild_there_is_nothing_to_swap(past: Past) -> None:
    with pytest.raises(UsageError, match="There is no rebuild of inc"):
        past.rebuild().swap()


def test_what_was_corrected_by_hand_stays(past: Past) -> None:
    past.bench.loaded(export(tickets("T1", "T2", "T3", "T4")) + line("T8", "a line cut sho"))
    number = past.db.one("SELECT max(reject_id) FROM tickets.rejects")
    text = export(tickets("T8")).decode().splitlines()[1]
    replay_feed(FEED, past.bench.manager(), past.db, [number], line=text, apply=True)
    past.rebuild().replay()
    past.rebuild().swap([Cause.REPLAYED])
    assert past.bench.one("T8", "assigned_team") == {"assigned_team": "Field A"}
    assert past.db.one("SELECT resolved_by FROM tickets.rejects WHERE reject_id = %s", [number]) == "correction"
    assert past.db.one("SELECT count(*) FROM tickets.ticket_changes WHERE ticket_id = 'T8'") == 1


def test_what_came_before_the_archive_stays(past: Past) -> None:
    past.bench.loaded(tickets("T1", "T2"), accept_incomplete=True)
    past.db.execute("INSERT INTO tickets.inc (ticket_id, raw, ingested_at) VALUES ('OLD', '{}', '2020-01-01')")
    past.rebuild().replay()
    past.rebuild().swap([Cause.BEFORE])
    assert past.bench.one("OLD", "ticket_id") == {"ticket_id": "OLD"}


def test_the_log_of_before_the_archive_stays(past: Past) -> None:
    sql = "SELECT ticket_id, run_id, kind, changed FROM tickets.ticket_changes WHERE feed = 'inc' ORDER BY 1, change_id"
    log, runs = past.db.all(sql), [1, 2, 3, 4]
    before = [past.db.all(f"SELECT ticket_id, raw FROM tickets.inc_asof({run}) ORDER BY 1") for run in runs]
    (past.bench.archive / "export001.csv").unlink()
    past.db.execute("UPDATE tickets.inc SET raw = raw || '{\"owner\": \"X\"}' WHERE ticket_id = 'T4'")
    past.rebuild().replay()
    past.rebuild().swap([Cause.BEFORE, Cause.BY_HAND, Cause.MISSING])
    assert past.db.all(sql) == log
    assert [past.db.all(f"SELECT ticket_id, raw FROM tickets.inc_asof({run}) ORDER BY 1") for run in runs] == before


def test_rejects_follow_the_rules_of_now(past: Past) -> None:
    past.bench.loaded(export(tickets("T1")) + line("T8", "a line cut sho"), accept_incomplete=True)
    past.bench.loaded([*tickets("T1"), *tickets("", cluster="X")], accept_incomplete=True)
    strict = replace(FEED, nulls=("Field A",))
    past.rebuild(feed=strict).replay()
    past.rebuild(feed=strict).swap([Cause.RULES])
    assert past.db.one("SELECT count(*) FROM tickets.rejects WHERE feed <> 'inc'") == 0
    assert past.db.one("SELECT count(*) FROM tickets.inc WHERE assigned_team IS NOT NULL") == 0


def test_the_past_stays_where_it_was(past: Past) -> None:
    runs = [run for (run,) in past.db.all("SELECT run_id FROM tickets.import_runs ORDER BY 1")]
    before = [past.db.all(f"SELECT ticket_id, raw FROM tickets.inc_asof({run}) ORDER BY 1") for run in runs]
    past.db.execute("DELETE FROM tickets.ticket_changes WHERE ticket_id = 'T3' AND kind = 'absent'")
    past.rebuild().replay()
    past.rebuild().swap([Cause.BY_HAND])
    assert [past.db.all(f"SELECT ticket_id, raw FROM tickets.inc_asof({run}) ORDER BY 1") for run in runs] == before


def test_readers_see_the_old_or_the_new_and_never_wait(past: Past, url: str) -> None:
    past.db.execute('UPDATE tickets.inc SET raw = raw || \'{"owner": "X", "normalized_status": "odd"}\'')
    past.db.execute("DELETE FROM tickets.closure_events")
    past.rebuild().replay()
    with polled(url) as seen:
        past.rebuild().swap([Cause.BY_HAND])
    assert {*seen} <= {(4, 0), (0, 1)}
    assert seen[-1] == (0, 1)


@contextmanager
def polled(url: str) -> Iterator[list[tuple[Any, ...]]]:
    """Poll as a page does: how many tickets have a status that only the old table has, how many closures there are."""
    seen: list[tuple[Any, ...]] = []
    done = threading.Event()

    def poll() -> None:
        with connect(url, "reader") as db:
            db.execute("SET lock_timeout = '100ms'")
            while not done.is_set():
                db.one("SELECT reporting.fn_inc_dashboard()")
                db.one("SELECT reporting.fn_tickets_for_map('inc')")
                seen.append(look())

        with connect(url, "reader") as db:
            seen.append(look())

    def look() -> tuple[Any, ...]:
        with connect(url, "look") as db:
            return db.all(
                "SELECT (SELECT count(*) FROM tickets.inc WHERE normalized_status = 'odd'), "
                "(SELECT count(*) FROM tickets.closure_events WHERE feed = 'inc')"
            )[0]

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
