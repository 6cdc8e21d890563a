"""What a deadline ends, wherever a run hangs, and what is reported of a run that it ended at its COMMIT."""

from __future__ import annotations

import signal
from threading import Event

import psycopg
import pytest

from fleetfeed.errors import DeadlineExceeded
from fleetfeed.pipeline import acceptance
from fleetfeed.runtime import deadline as deadlines
from fleetfeed.runtime.deadline import deadline
from tests.cli.notified import documents, webhook
from tests.cli.site import Site
from tests.crash.faults import Fault, Talk, wait_until
from tests.crash.pg_proxy import pg_proxy
from tests.kit import export, line, ticket

LATE = "error:  The run was not done after 1 s (--deadline)."
HANGS = """
from threading import Event
from fleetfeed import hookimpl

@hookimpl
def feed_filter():
    try:
        Event().wait()
    except:
        Event().wait()
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_AGAIN_AFTER", 0.3)


def outcomes(site: Site) -> list[str]:
    return [outcome for (outcome,) in site.rows("SELECT outcome FROM tickets.import_runs ORDER BY run_id")]


def test_a_plugin_that_never_ends_loading_is_ended_and_reported(site: Site) -> None:
    site.put([ticket("INC1")])
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "slow.py").write_text("from threading import Event\nEvent().wait()\n")
    with webhook(site) as heard:
        result = site("run", "inc", "--apply", "--deadline", "1")
    assert (result.code, result.error_lines[0], site.tickets()) == (1, LATE, {})
    assert outcomes(site) == ["failed"]
    assert [said["event"] for said in documents(heard)] == ["failed"]


def test_a_hook_that_catches_the_end_is_ended_all_the_same(site: Site) -> None:
    site.put([ticket("INC1")])
    site.listen(hangs=HANGS)
    result = site("run", "inc", "--apply", "--deadline", "1")
    assert (result.code, result.error_lines[0], site.tickets()) == (1, LATE, {})
    assert outcomes(site) == ["failed"]


def test_a_run_ended_at_its_commit_is_reported_as_unknown(site: Site) -> None:
    site.put([ticket("INC1")])
    released = Event()

    def say_nothing() -> None:
        released.wait(60)

    with pg_proxy(site.url, Talk(Fault(("COMMIT", 0), "after", say_nothing))) as hanging:
        result = site("run", "inc", "--apply", "--deadline", "4", DATABASE_URL=hanging)
        released.set()
    assert result.code == 1
    assert result.error_lines == [
        "error:  COMMIT was not answered. The run was not done after 4 s (--deadline).",
        "effect: Either everything was written or nothing; which is unknown.",
        "next:   Run again: the ledger knows, and nothing is written twice. (This was run 1.)",
    ]
    assert (outcomes(site), site.tickets()) == (["loaded"], {"INC1": "open"})
    assert site("run", "inc", "--apply", "--json").run["outcome"] == "unchanged"
    assert list(site.objects()) == ["processed/export.csv"]


def test_an_alarm_that_comes_when_the_work_is_done_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, set_timer = signal.getsignal(signal.SIGALRM), signal.setitimer

    def late(which: int, seconds: float, again: float = 0) -> None:
        if not seconds:
            signal.raise_signal(signal.SIGALRM)
        set_timer(which, seconds, again)

    monkeypatch.setattr(signal, "setitimer", late)
    with deadline(1_000):
        pass
    assert signal.getsignal(signal.SIGALRM) == before


def test_an_unchanged_run_ended_before_its_commit_has_failed(site: Site) -> None:
    site.put([ticket("INC1")])
    site("run", "inc", "--apply", "--no-archive")
    with psycopg.connect(site.url) as other:
        other.execute("LOCK TABLE tickets.import_meta IN SHARE ROW EXCLUSIVE MODE")
        with site.process("run", "inc", "--apply", "--json", "--deadline", "4") as process:
            try:
                wait_until(lambda: waiting(site) != set())
                result = site.ended(process)
            finally:
                process.kill()
    assert (result.code, result.run["error"]["kind"]) == (1, "DeadlineExceeded")
    assert outcomes(site) == ["loaded", "failed"]


@pytest.mark.parametrize(
    ("content", "table"),
    [(b"<html>", "import_runs"), (export([ticket("INC1")]) + 60 * line("INC2"), "rejects")],
    ids=["before the run is entered", "after it"],
)
def test_a_refusal_not_recorded_in_time_is_recorded_afterwards(site: Site, content: bytes, table: str) -> None:
    site.put(content)
    with psycopg.connect(site.url) as other:
        other.execute(f"LOCK TABLE tickets.{table} IN SHARE ROW EXCLUSIVE MODE")
        with site.process("run", "inc", "--apply", "--json", "--deadline", "5") as process:
            try:
                wait_until(lambda: waiting(site) != set())
                first = waiting(site)
                wait_until(lambda: waiting(site) - first != set())  # the deadline has passed
                other.rollback()
                result = site.ended(process)
            finally:
                process.kill()
    assert (result.code, result.run["outcome"], result.run["error"]["kind"]) == (1, "refused", "ExportRefused")
    assert outcomes(site) == ["refused"]
    assert site.rows("SELECT state FROM tickets.exports") == [("refused",)]


def waiting(site: Site) -> set[int]:
    return {pid for (pid,) in site.rows("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'")}


@pytest.mark.parametrize("seconds", ["0", "inf", "nan", "1e12"])
def test_a_deadline_that_is_none_is_refused(site: Site, seconds: str) -> None:
    assert site("run", "inc", "--deadline", seconds).code == 2


def test_a_large_first_load_says_before_it_starts_that_it_has_more_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptance, "MANY", 2)
    site.put([ticket("INC1"), ticket("INC2")])
    reported = "the table is empty, and this first load of 2 records takes about 1 minutes"
    first = site("run", "inc", "--apply")
    assert (first.code, reported in first.err, "it has 6 hours in place of --deadline" in first.err) == (0, True, True)
    assert first.err.index(reported) < first.err.index("inc: upsert")
    site.put([ticket("INC3"), ticket("INC4")])
    assert reported not in site("run", "inc", "--apply").err


def waits(before: float, then: float, seconds: float) -> None:
    with deadline(before) as extend:
        extend(then)
        Event().wait(seconds)


def test_a_deadline_can_be_set_anew() -> None:
    waits(0.05, 60, 0.2)
    with pytest.raises(DeadlineExceeded, match=r"after 0\.05 s"):
        waits(60, 0.05, 60)
