"""The database goes away under a run: what is reported is true, and the next run ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
from typing import Literal

import psutil
import psycopg
import pytest

from fleetfeed import RunReport, hookimpl
from fleetfeed.database import Database
from tests.crash.faults import Fault, Place, Talk, When, wait_until
from tests.crash.stage import Stage, chosen
from tests.kit import Bench, ticket

COMMIT, COPY = ("COMMIT", 0), ("COPY data", 0)
ROLLED_BACK = "effect: What was not committed is rolled back."
AGAIN = "next:   Run again: what is not committed is loaded from the bucket once more."
UNKNOWN = "effect: Either everything was written or nothing; which is unknown."
THE_LEDGER_KNOWS = "next:   Run again: the ledger knows, and nothing is written twice. (This was run 3.)"
BROKE_OFF = "The connection to the database broke off: "
UNEXPECTEDLY = "consuming input failed: server closed the connection unexpectedly."
STOPPED = "terminating connection due to administrator command"


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_is_reported_of_a_lost_connection_is_so(stage: Stage, when: When) -> None:
    # From COMMIT on a word of «failed» or «rolled back» would be a lie.
    committed = stage.statements[stage.statements.index(COMMIT) :]
    for place in dict.fromkeys(
        [*chosen(stage.statements, 48), *(chosen(committed, 8) if when == "before" else [COMMIT])]
    ):
        with stage.scene() as scene:
            ended = scene.run(database=Talk(Fault(place, when)))
            what, state = f"lost {when} {place}", scene.state()
            assert "Traceback" not in ended.err, what
            if ended.code == 0:
                assert (ended.error_lines, scene.is_loaded) == ([], True), what
                assert state["bucket"] == stage.after["bucket"] or "not all could be archived" in ended.out, what
            elif place == COMMIT:
                assert (ended.code, ended.error_lines[1:]) == (1, [UNKNOWN, THE_LEDGER_KNOWS]), what
            else:
                assert (ended.code, ended.error_lines[1:]) == (1, [ROLLED_BACK, AGAIN]), what
                assert state == stage.before, what
                assert scene.rows("SELECT outcome FROM tickets.import_runs WHERE run_id > 2") == [("failed",)], what
            stage.converges(scene, what)


@pytest.mark.parametrize(("when", "outcome"), [("before", "loaded"), ("after", "unchanged")])
def test_a_lost_answer_to_commit_is_unknown_and_the_ledger_decides(stage: Stage, when: When, outcome: str) -> None:
    with stage.scene() as scene:
        ended = scene.run(database=Talk(Fault(COMMIT, when)))
        assert (ended.code, ended.out.splitlines()[0]) == (1, "inc failed")
        assert ended.error_lines == [
            f"error:  COMMIT was not answered. {BROKE_OFF}{UNEXPECTEDLY}",
            UNKNOWN,
            THE_LEDGER_KNOWS,
        ]
        assert scene.is_loaded == (when == "after")
        assert stage.converges(scene) == f"inc {outcome}"


@pytest.mark.parametrize(
    ("at", "when", "mode", "cause", "effect"),
    [
        (COPY, "half", "immediate", f"{BROKE_OFF}{UNEXPECTEDLY}", ROLLED_BACK),
        (COPY, "half", "fast", f"{BROKE_OFF}{STOPPED} CONTEXT: COPY incoming, line ", ROLLED_BACK),
        (COMMIT, "before", "immediate", f"COMMIT was not answered. {BROKE_OFF}{UNEXPECTEDLY}", UNKNOWN),
        (COMMIT, "after", "immediate", f"COMMIT was not answered. {BROKE_OFF}{UNEXPECTEDLY}", UNKNOWN),
        (COMMIT, "before", "fast", f"COMMIT was not answered. {BROKE_OFF}{STOPPED}.", UNKNOWN),
    ],
    ids=["amid COPY", "fast, amid COPY", "before COMMIT", "after COMMIT", "fast, before COMMIT"],
)
def test_a_stopped_server_is_reported_and_the_next_run_converges(
    stage: Stage, at: Place, when: When, mode: Literal["fast", "immediate"], cause: str, effect: str
) -> None:
    with stage.scene() as scene:
        ended = scene.run(database=Talk(Fault(at, when, lambda: stage.server.stop(mode))))
        assert (ended.code, "Traceback" in ended.err) == (1, False)
        assert ended.error_lines[0].startswith(f"error:  {cause}")
        assert ended.error_lines[1] == effect
        stopped = scene.run(DATABASE_URL=scene.url)
        assert stopped.error_lines[0].startswith("error:  The database cannot be reached: connection ")
        assert stopped.error_lines[1:] == [
            "effect: Nothing was written.",
            "next:   Check DATABASE_URL (or [database] url) and that the server runs; then run again.",
        ]
        stage.server.start()
        assert scene.is_loaded == (when == "after")
        stage.converges(scene)


def test_a_run_that_has_to_end_does_not_wait_for_a_silent_server(stage: Stage) -> None:
    (insert,) = [place for place in stage.statements if place[0].startswith("WITH written AS (INSERT")]
    with stage.scene() as scene:

        def silence() -> None:
            os.kill(scene.victim.pid, signal.SIGTERM)
            wait_until(lambda: not psutil.pid_exists(scene.victim.pid))

        ended = scene.run(database=Talk(Fault(insert, "before", silence)))
        assert (ended.code, "Traceback" in ended.err) == (128 + signal.SIGTERM, False)
        assert scene.state() == stage.before
        stage.converges(scene)


def test_a_listener_that_loses_its_connection_undoes_nothing(bench: Bench, url: str) -> None:
    class Losing:
        @hookimpl
        def feed_history(self, run: RunReport, db: Database) -> None:
            db.execute("BEGIN")
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [db.connection.info.backend_pid])

    bench.put([ticket("T1")])
    report = bench.run(plugins=[Losing()])
    assert (report.outcome, report.error) == ("loaded", None)
    with psycopg.connect(url) as other:
        assert other.execute("SELECT ticket_id FROM tickets.inc").fetchall() == [("T1",)]
