"""How a run ends that is not let go on: whatever it was at is rolled back, and the next run loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.cli.site import Site
from tests.kit import ticket

AGAIN = "What was not committed is rolled back; the next run starts from the beginning.\n"


@contextmanager
def ledger_held(site: Site) -> Iterator[None]:
    """Let no run write `import_meta`, which is the last that a load writes before it commits."""
    with psycopg.connect(site.url) as connection:
        connection.execute("LOCK TABLE tickets.import_meta IN SHARE ROW EXCLUSIVE MODE")
        yield
        connection.rollback()


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def at_work(site: Site, waiting: str = "AND wait_event_type = 'Lock'") -> bool:
    asked = (
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'fleetfeed run%'"
    )
    return bool(site.rows(f"{asked} {waiting}"))


@contextmanager
def caught_at_work(site: Site) -> Iterator[subprocess.Popen[str]]:
    """Start a load, and hold it where everything is written and nothing committed; end it with `site.ended`."""
    site.put([ticket("INC1")])
    with site.process("--quiet", "run", "inc", "--apply") as process:
        try:
            with ledger_held(site):
                wait_until(lambda: at_work(site) or process.poll() is not None)
                yield process
        finally:
            process.kill()


def the_next_run_loads(site: Site) -> None:
    assert site.tickets() == {}
    assert list(site.objects()) == ["export.csv"]
    result = site("run", "inc", "--apply", "--json")
    assert result.run["outcome"] == "loaded", result.out
    assert site.tickets() == {"INC1": "open"}
    assert list(site.objects()) == ["processed/export.csv"]


@pytest.mark.parametrize(
    ("number", "code", "what"),
    [(signal.SIGINT, 130, "Interrupted. "), (signal.SIGTERM, 143, "Ended by SIGTERM. ")],
)
def test_a_signal_rolls_the_load_back_and_the_next_run_loads(
    site: Site, number: signal.Signals, code: int, what: str
) -> None:
    with caught_at_work(site) as process:
        process.send_signal(number)
        result = site.ended(process)
    assert (result.code, result.out, result.err) == (code, "", f"{what}{AGAIN}")
    the_next_run_loads(site)


def test_a_killed_run_leaves_nothing_behind_and_the_next_one_loads(site: Site) -> None:
    with caught_at_work(site) as process:
        process.kill()
        assert site.ended(process).code == -signal.SIGKILL
    wait_until(lambda: not at_work(site, ""))
    the_next_run_loads(site)


def test_a_run_past_its_deadline_ends_itself_and_the_next_one_loads(site: Site) -> None:
    site.put([ticket("INC1")])
    with site.process("--quiet", "run", "inc", "--apply", "--deadline", "5") as process:
        try:
            with ledger_held(site):
                wait_until(lambda: at_work(site))  # all is written, and nothing committed
                result = site.ended(process)
        finally:
            process.kill()
    assert result.code == 1
    assert result.error_lines == [
        "error:  The run was not done after 5 s (--deadline).",
        "effect: What it had not committed is rolled back.",
        "next:   The next run starts from the beginning; if this recurs, give it and the scheduler more time.",
    ]
    the_next_run_loads(site)


def test_of_two_runs_at_once_one_loads_and_the_other_names_it(site: Site) -> None:
    site.put([ticket("INC1")])
    with site.process("run", "inc", "--apply") as first:
        with ledger_held(site):
            wait_until(lambda: at_work(site) or first.poll() is not None)
            second = site("run", "inc", "--apply")
            third = site("run", "inc", "--apply", "--json").run
        ended = site.ended(first)
    assert (ended.code, second.code) == (0, 0), ended.err
    assert second.out.startswith("inc busy\n  held by  fleetfeed run inc ")
    assert f" {first.pid} (pid " in second.out
    assert second.out.endswith("  Another run of this feed is at work; nothing was done here.\n")
    assert (third["outcome"], third["holder"].split()[:3]) == ("busy", ["fleetfeed", "run", "inc"])
    assert site.tickets() == {"INC1": "open"}
    assert list(site.objects()) == ["processed/export.csv"]


@pytest.mark.parametrize(
    ("args", "code"), [(("config", "show"), 1), (("run", "inc"), 0), (("run", "inc", "--json"), 0), (("--help",), 0)]
)
def test_a_reader_that_has_gone_is_no_traceback(site: Site, args: tuple[str, ...], code: int) -> None:
    site.put([ticket("INC1")])
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "fleetfeed", "--quiet", *args],
        cwd=site.folder,
        env=os.environ | site.env,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (code, "")
