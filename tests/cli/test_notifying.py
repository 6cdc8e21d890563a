"""The webhook as a plugin: what it reports of outages, of several at once, and of servers that misbehave."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg
import pytest

from fleetfeed.database import Database, connect
from fleetfeed.errors import DatabaseError, NotDelivered
from fleetfeed.model import RunReport
from fleetfeed.monitoring import http_call
from fleetfeed.monitoring.notifiers import Webhook
from fleetfeed.states import RunOutcome
from tests.cli.notified import TOKEN, documents, events
from tests.cli.test_endings import wait_until
from tests.fault_server import Answer, Asked, fault_server

FAILED = ("inc", "failed", "failed", "ok")
WELL = ("inc", "recovered", "ok", "failed")

BURSTS = (6, 500.0, 5, 3.0)


def report(outcome: str, cause: str = "It is down.") -> RunReport:
    error = DatabaseError(cause) if outcome == "failed" else None
    return RunReport("inc", True, datetime.now(UTC), outcome=RunOutcome(outcome), error=error)


def test_what_cannot_be_sent_as_it_is_is_sent_escaped(db: Database) -> None:
    run = report("failed", "no file \udcff\x00.")
    with fault_server(lambda asked: Answer()) as server:
        Webhook(f"{server.url}/{TOKEN}", BURSTS).feed_ended(run, db)
    assert documents(server)[0]["run"]["error"]["cause"] == "no file \\udcff\x00."


def test_the_loaders_role_may_all_that_it_takes(db: Database) -> None:
    db.execute("SET ROLE fleetfeed_loader")
    with fault_server(lambda asked: Answer()) as server:
        hook = Webhook(f"{server.url}/{TOKEN}", BURSTS)
        for outcome in ("failed", "loaded", "failed"):
            hook.feed_ended(report(outcome), db)
        hook.send_freshness(db, "inc")
    assert events(server) == [FAILED, WELL, FAILED]


def test_of_two_that_see_a_change_at_once_one_tells_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_call, "SECONDS", 60)  # until the second one waits, on however slow a machine
    asked, may_answer = threading.Event(), threading.Event()

    def answer(request: Asked) -> Answer:
        asked.set()
        assert may_answer.wait(60)
        return Answer()

    def end_run() -> None:
        with connect(url, "test") as db:
            Webhook(f"{server.url}/{TOKEN}", BURSTS).feed_ended(report("failed"), db)

    with fault_server(answer) as server, psycopg.connect(url, autocommit=True) as looking:
        threads = [threading.Thread(target=end_run) for _ in range(2)]
        threads[0].start()
        assert asked.wait(60)
        threads[1].start()
        blocked = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        wait_until(lambda: looking.execute(blocked.encode()).fetchone() != (0,))
        may_answer.set()
        for thread in threads:
            thread.join()
    assert events(server) == [FAILED]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=404), "it answered 404"),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}), "it answered 302"),
    ],
)
def test_an_answer_that_is_none_is_reported_without_the_address(answer: Answer, why: str) -> None:
    with fault_server(lambda asked: answer) as server, pytest.raises(NotDelivered) as caught:
        http_call.call("The ping", "inc", f"{server.url}/{TOKEN}")
    assert str(caught.value) == f"The ping was not delivered: {why}. No run and no data is affected."
    assert len(server.asked) == 1


def test_a_server_that_never_answers_is_left_after_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def answer(request: Asked) -> Answer:
        over.wait(60)
        return Answer()

    monkeypatch.setattr(http_call, "SECONDS", 0.2)
    with fault_server(answer) as server:
        with pytest.raises(NotDelivered, match=r"was not delivered: no answer within 0\.2 s"):
            http_call.call("The ping", "inc", f"{server.url}/{TOKEN}")
        over.set()
