"""One run of a feed at a time; a look disturbs nobody."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Event

from fleetfeed import Changes, RunReport, hookimpl
from fleetfeed.database import Database, connect
from fleetfeed.database.lock import feed_lock
from fleetfeed.states import RunOutcome
from tests.kit import Bench, ticket

PATIENCE = 60


class Holding:
    """Stop a run, all written and nothing committed, until it is let go."""

    def __init__(self) -> None:
        self.inside, self.go = Event(), Event()

    @hookimpl(wrapper=True)
    def feed_upsert(self) -> Generator[None, Changes, Changes]:
        changes = yield
        self.inside.set()
        assert self.go.wait(PATIENCE)
        return changes


@contextmanager
def _a_run_in_another_connection(bench: Bench, url: str) -> Iterator[Future[RunReport]]:
    """Keep a run of the same inbox standing in the middle of its transaction."""
    holding = Holding()

    def run() -> RunReport:
        with connect(url, "run inc") as db:
            return _beside(bench, db).run(plugins=[holding])

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(run)
        try:
            assert holding.inside.wait(PATIENCE)
            yield future
        finally:
            holding.go.set()


def _beside(bench: Bench, db: Database) -> Bench:
    return Bench(db, bench.inbox.parent, bench.feed)


def test_a_second_run_is_busy_and_names_the_one_that_holds_the_lock(bench: Bench, url: str) -> None:
    bench.put([ticket("T1")])
    with _a_run_in_another_connection(bench, url) as other:
        busy = bench.run()

    assert (busy.outcome, busy.error, busy.rows.read) == ("busy", None, 0)
    assert busy.holder.startswith(f"fleetfeed run inc {os.uname().nodename}"[:40])
    assert "pid " in busy.holder
    assert other.result().outcome == "loaded"
    assert sorted(bench.outcomes()) == ["busy", "loaded"]
    assert bench.run().outcome == "empty"


def test_of_runs_that_start_together_exactly_one_loads(bench: Bench, url: str) -> None:
    bench.put([ticket("T1"), ticket("T2")])
    together = Barrier(3)

    def run() -> RunReport:
        with connect(url, "run inc") as db:
            mine = _beside(bench, db)
            together.wait(PATIENCE)
            return mine.run(archive=False)

    with ThreadPoolExecutor(3) as pool:
        reports = [future.result() for future in [pool.submit(run) for _ in range(3)]]

    outcomes = sorted(report.outcome for report in reports)
    assert outcomes.count(RunOutcome.LOADED) == 1
    assert set(outcomes) <= {"loaded", "busy", "unchanged"}
    assert [report.error for report in reports] == [None] * 3
    assert bench.db.one("SELECT count(*) FROM tickets.ticket_changes") == 2


def test_a_dry_run_during_a_run_is_not_busy_and_tells_what_is_committed(bench: Bench, url: str) -> None:
    bench.put([ticket("T1")])
    with _a_run_in_another_connection(bench, url) as other:
        dry = bench.run(apply=False)

    assert (dry.outcome, dry.rows.inserted, dry.error) == ("loaded", 1, None)
    assert other.result().rows.inserted == 1


def test_a_dry_run_locks_no_row_and_nobody_out_of_the_feeds_table(bench: Bench, url: str) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1", owner="Amina"), ticket("T2")])
    held: list[tuple[str, ...]] = []

    class Looking:
        @hookimpl(wrapper=True)
        def feed_upsert(self, db: Database) -> Generator[None, Changes, Changes]:
            changes = yield
            held.extend(
                db.all(
                    "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() "
                    "AND (relation = 'tickets.inc'::regclass OR locktype = 'advisory')"
                )
            )
            with connect(url, "a run") as other:
                other.execute("SET lock_timeout = '1s'")
                with feed_lock(other, "inc") as holder:
                    assert holder is None
                other.execute("UPDATE tickets.inc SET run_id = run_id")
            return changes

    report = bench.run(apply=False, plugins=[Looking()])

    assert (report.error, report.rows.updated) == (None, 1)
    assert held == [("AccessShareLock",)]


def test_the_lock_is_free_after_a_run_however_it_ends(bench: Bench, url: str) -> None:
    class Failing:
        @hookimpl
        def feed_upsert(self, db: Database) -> Changes:
            db.execute("SELECT 1 / 0")
            return Changes()

    with connect(url, "onlooker") as other:
        for content, plugins, outcome in (
            ([ticket("T1")], [], "loaded"),
            (b"<html>", [], "refused"),
            ([ticket("T2")], [Failing()], "failed"),
        ):
            bench.put(content)
            assert bench.run(plugins=plugins).outcome == outcome
            with feed_lock(other, "inc") as holder:
                assert holder is None


def test_the_lock_of_another_feed_or_database_is_another_lock(bench: Bench, url: str, empty_url: str) -> None:
    bench.put([ticket("T1")])
    with (
        connect(url, "crq") as other,
        connect(empty_url, "elsewhere") as elsewhere,
        feed_lock(other, "crq") as first,
        feed_lock(elsewhere, "inc") as second,
    ):
        assert (first, second, bench.run().outcome) == (None, None, "loaded")


def test_a_holder_that_has_died_holds_nothing(bench: Bench, url: str, tmp_path: Path) -> None:
    bench.put([ticket("T1")])
    with connect(url, "died") as other, feed_lock(other, "inc"):
        other.close()
        bench.db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'fleetfeed died%'"
        )

        assert bench.run().outcome == "loaded"
