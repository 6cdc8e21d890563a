"""`fleetfeed schedule`: a process that runs feeds, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import psutil
import pytest

from tests.cli.site import Result, Site
from tests.cli.test_endings import at_work, ledger_held, wait_until
from tests.kit import ticket

NEW_YEAR = 'schedule = "0 6 1 1 *"\n'  # so that only what was missed is run
OTHER = '\n[feeds.crq]\nsource = "s3://{bucket}/automations/crq/"\n' + NEW_YEAR


@contextmanager
def scheduled(site: Site, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the schedule of a project whose feeds have never run."""
    with site.process(*options, "schedule", "run") as process:
        try:
            yield process
        finally:
            process.kill()


def ended(site: Site, process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> Result:
    process.send_signal(number)
    return site.ended(process)


def lines_until(end: str, process: subprocess.Popen[str]) -> Iterator[str]:
    """Read what it says up to the line that begins so."""
    assert process.stderr is not None
    for line in process.stderr:
        yield line
        if line.startswith(end):
            return


def runs_of(process: subprocess.Popen[str]) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children()]


def over(site: Site, process: subprocess.Popen[str]) -> Callable[[], bool]:
    return lambda: process.poll() is not None or (site.outcomes() != [] and not runs_of(process))


@pytest.fixture
def site(site: Site) -> Site:
    site.write(more=NEW_YEAR)
    site.put([ticket("INC1")])
    return site


def test_a_missed_run_is_made_up_for_and_sigterm_ends_the_schedule(site: Site) -> None:
    with scheduled(site) as process:
        wait_until(over(site, process))
        result = ended(site, process)
    assert (result.code, site.outcomes(), site.tickets()) == (0, ["loaded"], {"INC1": "open"})
    reported = result.err.splitlines()
    assert re.fullmatch(r"inc: runs next at 20\d\d-01-01 06:00 EAT, which is 03:00 UTC", reported[0])
    assert reported[1] == "inc: run started"
    assert re.fullmatch(r"inc: run ended with exit code 0 after \d+ s", reported[-1])
    assert result.out.startswith("inc loaded\n")


def test_all_that_a_schedule_says_with_a_log_of_json_is_json(site: Site) -> None:
    with scheduled(site, "--log-format", "json") as process:
        wait_until(over(site, process))
        result = ended(site, process)
    assert (result.code, result.out, site.outcomes()) == (0, "", ["loaded"])
    events = [json.loads(line)["event"] for line in result.err.splitlines()]
    assert {"schedule", "stage", "run"} <= set(events)


def test_a_schedule_that_is_begun_again_runs_nothing_that_was_run(site: Site) -> None:
    site("run", "inc", "--apply")
    site.write(more=NEW_YEAR + OTHER.format(bucket=site.bucket))
    with scheduled(site) as process:
        reported = list(lines_until("crq: run ended", process))
        result = ended(site, process)
    assert result.code == 0
    assert site.rows("SELECT feed, outcome FROM tickets.import_runs ORDER BY 1") == [
        ("crq", "failed"),
        ("inc", "loaded"),
    ]
    assert [line for line in reported if line.startswith("inc: run ")] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sigterm_lets_a_run_finish_that_can(site: Site, number: signal.Signals) -> None:
    with scheduled(site) as process:
        with ledger_held(site):
            wait_until(lambda: at_work(site) or process.poll() is not None)
            process.send_signal(number)
        result = site.ended(process)
    assert (result.code, site.outcomes(), site.tickets()) == (0, ["loaded"], {"INC1": "open"})


def test_a_run_cut_off_by_sigterm_is_rolled_back_and_made_up_for(site: Site) -> None:
    with scheduled(site) as process:
        with ledger_held(site):
            wait_until(lambda: at_work(site) or process.poll() is not None)
            (child,) = runs_of(process)
            result = ended(site, process)
            assert (result.code, site.tickets(), psutil.pid_exists(child)) == (0, {}, False)
        assert "asked to roll back and end" in result.err
        assert "inc: run ended with exit code 143" in result.err
    with scheduled(site) as process:
        wait_until(over(site, process))
        ended(site, process)
    assert (site.outcomes(), site.tickets()) == (["loaded"], {"INC1": "open"})


def test_a_killed_or_failed_run_stops_neither_schedule_nor_other_feeds(site: Site) -> None:
    site.write(more=NEW_YEAR + OTHER.format(bucket=site.bucket))  # a feed whose tables nobody made
    with scheduled(site) as process:
        with ledger_held(site):
            wait_until(lambda: at_work(site) or process.poll() is not None)
            wait_until(lambda: len(runs_of(process)) == 1)  # the other has failed meanwhile
            os.kill(runs_of(process)[0], signal.SIGKILL)
            wait_until(lambda: not runs_of(process))
        assert process.poll() is None
        result = ended(site, process)
    assert result.code == 0
    assert "inc: run ended with signal 9 after" in result.err
    assert "crq: run ended with exit code 1 after" in result.err
    assert "next:   Run `fleetfeed migrate`" in result.err


def test_a_database_down_at_the_start_is_reported_and_the_schedule_runs(site: Site) -> None:
    site.env["DATABASE_URL"] = "postgresql://user:canary-of-the-database-password@127.0.0.1:1/none"
    with scheduled(site) as process:
        reported = "".join(lines_until("inc: run ended", process))
        assert process.poll() is None
        result = ended(site, process)
    assert result.code == 0
    assert "warning: when feeds ran last is not known, so each runs now. The database cannot be reached" in reported
    assert "error:" in reported
    assert "canary" not in reported


def test_a_project_whose_feeds_have_no_schedule_is_reported_so(site: Site) -> None:
    site.write()
    result = site("schedule", "run")
    assert result.code == 2
    assert result.error_lines == [
        f"error:  No feed of {site.folder / 'fleetfeed.toml'} has a schedule.",
        "effect: Nothing was written.",
        'next:   Set one: schedule = "*/20 6-20 * * *".',
    ]
    assert site("schedule", "show").out == "inc     no schedule\n"


@pytest.mark.parametrize("command", ["run", "show"])
def test_a_schedule_that_cannot_be_read_is_refused_before_it_is_waited_for(site: Site, command: str) -> None:
    result = site("schedule", command, FLEETFEED_FEEDS__INC__SCHEDULE="hourly")
    reported = "error:  The schedule 'hourly' of feed inc cannot be read: it has 1 field, not five."
    assert (result.code, result.error_lines[0]) == (2, reported)


def test_what_comes_next_is_reported_in_the_zone_of_the_project_and_in_utc(site: Site) -> None:
    site.write(more='schedule = "*/20 6-20 * * *"\n')
    (feed,) = site("schedule", "show", "--json").document["feeds"]
    assert (feed["feed"], feed["schedule"], len(feed["next"])) == ("inc", "*/20 6-20 * * *", 3)
    for tick in feed["next"]:
        local, utc = datetime.fromisoformat(tick["local"]), datetime.fromisoformat(tick["utc"])
        assert local == utc
        assert (tick["local"][-6:], tick["utc"][-6:]) == ("+03:00", "+00:00")
        assert 6 <= local.hour <= 20
        assert local.minute in (0, 20, 40)
    shown = site("schedule", "show").out.splitlines()
    assert shown[0] == "inc     */20 6-20 * * *"
    assert all(re.fullmatch(r" {8}\w{3} [\d-]{10} \d\d:[024]0 EAT   \w{3} \d\d:[024]0 UTC", line) for line in shown[1:])
    assert len(shown) == 4


def test_what_comes_next_is_reported_without_a_database_and_a_bucket(site: Site) -> None:
    nothing = dict.fromkeys(("DATABASE_URL", "RUSTFS_ENDPOINT", "RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"))
    assert site("schedule", "show", **nothing).code == 0


def test_positions_of_units_are_refreshed_between_runs(site: Site) -> None:
    (site.folder / "units in").mkdir()
    (site.folder / "units in" / "vans.csv").write_text(
        "unit,latitude,longitude,at\nvan-1,-1.29,36.8,2026-11-20T08:00:00Z\n"
    )
    site.rows("INSERT INTO tickets.units (unit) VALUES ('van-1')")
    source = f"file://{site.folder}/units in/"
    site.write(more=f'[units]\nprovider = "csv_file"\nevery = "1s"\n[positions.csv_file]\nsource = "{source}"\n')
    assert site("schedule", "show", "--json").document["units"] == {"every_seconds": 1.0}
    assert site("schedule", "show").out.splitlines()[-1] == "units   every 1 s"
    with scheduled(site) as process:
        reported = [*lines_until("units: run ended", process), *lines_until("units: run ended", process)]
        result = ended(site, process)
    assert result.code == 0
    assert site.rows("SELECT unit, source FROM tickets.unit_positions") == [("van-1", "csv_file")]
    assert [line.split(" after ")[0] for line in reported if "ended" in line] == [
        "units: run ended with exit code 0"
    ] * 2
