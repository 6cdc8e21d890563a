"""A load happens wholly or not at all."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

import pytest

from fleetfeed import Changes, Feed, Row, RowRejected, Ticket, hookimpl
from fleetfeed.database import Database
from fleetfeed.errors import BalanceBroken, DatabaseError
from fleetfeed.model import RunReport
from fleetfeed.stages.upsert import feed_upsert
from tests.kit import DATA, Bench, ticket


class FailingAfter:
    """Fail when everything is written but nothing is committed."""

    @hookimpl(wrapper=True)
    def feed_upsert(self) -> Generator[None, Changes, Changes]:
        yield
        raise DatabaseError("The disk is full.", next_step="Make room.")


class BadSqlAfter:
    """Break the run's own transaction."""

    @hookimpl(wrapper=True)
    def feed_upsert(self, db: Database) -> Generator[None, Changes, Changes]:
        changes = yield
        db.execute("SELECT 1 / 0")
        return changes


class BackendEnded:
    """Lose the connection when everything is written but nothing is committed."""

    @hookimpl(wrapper=True)
    def feed_upsert(self, db: Database) -> Generator[None, Changes, Changes]:
        changes = yield
        db.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return changes


class FailingAmid:
    """Fail while the rows stream into the staging table."""

    @hookimpl
    def feed_normalise(self, row: Row) -> Ticket | None:
        if row.key == "T2":
            raise DatabaseError("Half way.", next_step="Run again.")
        return None


class Losing:
    """Take one ticket out of the stream."""

    @hookimpl
    def feed_upsert(
        self, feed: Feed, tickets: Iterator[Ticket], export: object, run: RunReport, db: Database
    ) -> Changes:
        next(tickets)
        return feed_upsert(feed, tickets, export, run, db)  # type: ignore[arg-type]


class Miscounting:
    """Write everything, but count one too many."""

    @hookimpl(wrapper=True)
    def feed_upsert(self) -> Generator[None, Changes, Changes]:
        changes = yield
        return replace(changes, inserted=changes.inserted + 1)


class Idle:
    """Answer without taking a single ticket."""

    @hookimpl
    def feed_upsert(self) -> Changes:
        return Changes()


class Picky:
    """Reject one row as a feed of its own would."""

    @hookimpl
    def feed_normalise(self, row: Row) -> Ticket | None:
        if row.key == "T2":
            raise RowRejected("not ours", "T2 is not ours")
        return None


@pytest.mark.parametrize("plugin", [FailingAfter(), BadSqlAfter(), FailingAmid()], ids=["after", "bad SQL", "amid"])
def test_a_failure_in_the_middle_of_a_load_leaves_nothing_behind(bench: Bench, plugin: object) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1", owner="Amina"), ticket("T2")])
    before = bench.picture(*DATA, "exports", "rejects")
    report = bench.run(plugins=[plugin])

    assert report.outcome == "failed"
    assert isinstance(report.error, DatabaseError)
    assert bench.picture(*DATA, "exports", "rejects") == before
    assert bench.outcomes() == ["loaded", "failed"]

    mended = bench.run()
    assert (mended.outcome, mended.rows.inserted, mended.rows.updated) == ("loaded", 1, 1)


def test_a_lost_connection_leaves_nothing_behind(bench: Bench, url: str) -> None:
    from fleetfeed.database import connect

    bench.put([ticket("T1")])
    report = bench.run(plugins=[BackendEnded()])

    assert report.outcome == "failed"
    assert isinstance(report.error, DatabaseError)
    with connect(url, "next") as bench.db:
        assert (bench.rows(), bench.meta()) == ([], {})
        assert bench.run().outcome == "loaded"


@pytest.mark.parametrize("plugin", [Losing(), Miscounting(), Idle()], ids=["losing", "miscounting", "idle"])
def test_counts_that_do_not_add_up_roll_everything_back(bench: Bench, plugin: object) -> None:
    bench.loaded([ticket("T1")])
    bench.put([ticket("T1", owner="Amina"), ticket("T2")])
    before = bench.picture(*DATA, "exports")
    report = bench.run(plugins=[plugin])

    assert isinstance(report.error, BalanceBroken)
    assert "not accounted for" in str(report.error)
    assert report.outcome == "failed"
    assert bench.picture(*DATA, "exports") == before


def test_a_row_rejected_by_a_plugin_is_kept_and_the_load_goes_on(bench: Bench) -> None:
    report = bench.loaded([ticket("T1"), ticket("T2"), ticket("T3")], plugins=[Picky()])

    assert (report.rows.inserted, report.rows.rejected) == (2, {"not ours": 1})
    found = bench.rows("record, line, ticket_id, detail", "tickets.rejects")
    assert found == [{"record": 2, "line": 3, "ticket_id": "T2", "detail": "T2 is not ours"}]


def test_the_runs_own_row_commits_with_its_data(bench: Bench, url: str) -> None:
    from fleetfeed.database import connect

    seen: list[tuple[int, int]] = []

    class Looking:
        @hookimpl(wrapper=True)
        def feed_upsert(self) -> Generator[None, Changes, Changes]:
            changes = yield
            with connect(url, "onlooker") as other:
                seen.append(
                    (
                        other.one("SELECT count(*) FROM tickets.inc"),
                        other.one("SELECT count(*) FROM tickets.import_runs"),
                    )
                )
            return changes

    bench.loaded([ticket("T1")], plugins=[Looking()])

    assert seen == [(0, 0)]
    assert bench.outcomes() == ["loaded"]
