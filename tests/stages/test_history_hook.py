"""Who hears of a run: the database's own capture first, then every listener, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleetfeed import Feed, RunReport, hookimpl
from fleetfeed.database import Database, connect
from tests.kit import Bench, ticket

_CAPTURE = """
CREATE TABLE public.heard (n bigint GENERATED ALWAYS AS IDENTITY, who text, feed text, as_of timestamptz, tickets int);
CREATE OR REPLACE FUNCTION tickets.capture_history(feed text, as_of timestamptz DEFAULT now()) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO public.heard (who, feed, as_of, tickets) SELECT 'core', feed, as_of, count(*) FROM tickets.inc
$$;
"""


@pytest.fixture
def capture(url: str, tmp_path: Path) -> Iterator[Bench]:
    """Let a database of its own note each call of its capture function."""
    with connect(url, "test") as db:
        db.execute("DROP FUNCTION IF EXISTS tickets.capture_history(text, timestamptz)")
        db.execute(_CAPTURE)
        yield Bench(db, tmp_path)


class Listener:
    """Note in the database that it heard of a run."""

    @hookimpl
    def feed_history(self, feed: Feed, run: RunReport, db: Database) -> None:
        db.execute("INSERT INTO public.heard (who, feed) VALUES (%s, %s)", [run.outcome, feed.name])


class Raising:
    """Fail as a plugin with a mistake does."""

    @hookimpl
    def feed_history(self) -> None:
        raise ZeroDivisionError("a mistake")


class BadSql:
    """Break a transaction of its own."""

    @hookimpl
    def feed_history(self, db: Database) -> None:
        with db.transaction():
            db.execute("INSERT INTO public.heard (who) VALUES ('undone')")
            db.execute("SELECT 1 / 0")


class LeftOpen:
    """Begin a transaction by hand, break it, and leave it so."""

    @hookimpl
    def feed_history(self, db: Database) -> None:
        db.execute("BEGIN")
        db.execute("INSERT INTO public.heard (who) VALUES ('undone')")
        db.execute("SELECT 1 / 0")


class NeverEnded:
    """Begin a transaction by hand and forget it, with no error at all."""

    @hookimpl
    def feed_history(self, db: Database) -> None:
        db.execute("BEGIN")
        db.execute("INSERT INTO public.heard (who) VALUES ('undone')")


class LosesConnection:
    """End the very connection that the run holds."""

    @hookimpl
    def feed_history(self, db: Database) -> None:
        db.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def _locks(bench: Bench) -> int:
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    return int(bench.db.one(held))


def _heard(bench: Bench) -> list[str]:
    return [row["who"] for row in bench.rows("n, who", "public.heard")]


def test_the_core_captures_after_the_commit_and_before_listeners(capture: Bench) -> None:
    report = capture.loaded([ticket("T1"), ticket("T2")], plugins=[Listener()])

    found = capture.rows("who, feed, tickets", "public.heard", "n")
    assert found == [
        {"who": "core", "feed": "inc", "tickets": 2},
        {"who": "loaded", "feed": "inc", "tickets": None},
    ]
    assert report.history


def test_an_unchanged_run_is_heard_of_too(capture: Bench) -> None:
    capture.loaded([ticket("T1")])
    report = capture.loaded([ticket("T1")], plugins=[Listener()])

    assert (report.outcome, _heard(capture)) == ("unchanged", ["core", "core", "unchanged"])


def test_a_dry_run_a_refused_and_a_failed_one_are_not_heard_of(capture: Bench) -> None:
    capture.put(b"<html>")
    refused = capture.run(plugins=[Listener()])
    capture.put([ticket("T1")])
    dry = capture.run(apply=False, plugins=[Listener()])

    assert (dry.outcome, refused.outcome, _heard(capture)) == ("loaded", "refused", [])
    assert (dry.history, refused.history) == (False, False)


@pytest.mark.parametrize("broken", [Raising(), BadSql(), LeftOpen()], ids=["raises", "bad SQL", "left open"])
def test_a_failing_listener_is_a_warning_and_undoes_nothing(capture: Bench, broken: object) -> None:
    report = capture.loaded([ticket("T1")], plugins=[Listener(), broken, Second()])

    assert (report.outcome, report.error) == ("loaded", None)
    assert len(report.warnings) == 1
    assert report.warnings[0].startswith("history: ")
    assert sorted(_heard(capture)) == ["core", "loaded", "second"]
    assert capture.one("T1", "ticket_id") == {"ticket_id": "T1"}
    assert _locks(capture) == 0
    assert capture.loaded([ticket("T1"), ticket("T2")]).rows.inserted == 1


def test_a_listener_with_an_open_transaction_breaks_no_other(capture: Bench) -> None:
    report = capture.loaded([ticket("T1")], plugins=[Listener(), NeverEnded(), Second()])

    assert (report.outcome, report.error) == ("loaded", None)
    assert sorted(_heard(capture)) == ["core", "loaded", "second"]
    assert _locks(capture) == 0


def test_a_listener_that_loses_the_connection_does_not_undo_the_load(capture: Bench, url: str) -> None:
    capture.put([ticket("T1")])
    report = capture.run(plugins=[LosesConnection()])

    assert (report.outcome, report.error) == ("loaded", None)
    assert any("LosesConnection" in w or "broke off" in w for w in report.warnings)
    with connect(url, "next") as capture.db:
        assert (capture.outcomes(), _heard(capture)) == (["loaded"], ["core"])
        assert capture.loaded([ticket("T1"), ticket("T2")]).rows.inserted == 1


def test_a_capture_that_fails_is_a_warning_and_the_listeners_still_hear(capture: Bench) -> None:
    capture.db.execute("DROP TABLE public.heard; CREATE TABLE public.heard (n int, who text, feed text)")
    report = capture.loaded([ticket("T1")], plugins=[Listener()])

    assert _heard(capture) == ["loaded"]
    assert (report.outcome, report.history, len(report.warnings)) == ("loaded", False, 1)
    assert "core.history failed" in report.warnings[0]


class Second:
    """Hear of a run as well."""

    @hookimpl
    def feed_history(self, db: Database) -> None:
        db.execute("INSERT INTO public.heard (who) VALUES ('second')")
