"""What a host without Docker gets: a script for cron, and units for systemd."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from configparser import ConfigParser
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest

from fleetfeed.cli.schedule import RUN_OPTIONS
from fleetfeed.config.loader import load_settings
from fleetfeed.schedule.cron import read
from fleetfeed.schedule.scheduler import HANGS_AFTER
from tests.cli.site import Site, Store
from tests.kit import ROOT, ticket

DEPLOY = ROOT / "deploy"
SCRIPT = ROOT / "run_ingest.sh"


def unit(name: str) -> ConfigParser:
    found = ConfigParser(interpolation=None, delimiters=("=",))
    found.optionxform = str  # type: ignore[assignment, method-assign]  # names of settings are as they are written
    found.read(DEPLOY / name)
    return found


def test_the_linter_of_shell_scripts_has_nothing_to_say() -> None:
    shellcheck = Path(sysconfig.get_path("scripts")) / "shellcheck"
    scripts = [SCRIPT, *(ROOT / "tools").glob("*.sh")]
    assert len(scripts) == 3
    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def site(new_site: Callable[[Store], Site], rclone_store: Store) -> Site:
    """A project as a checkout has it: the script, and the program in own/bin."""
    site = new_site(rclone_store)
    (site.folder / "own" / "bin").mkdir(parents=True)
    shutil.copy(SCRIPT, site.folder)
    program = site.folder / "own" / "bin" / "fleetfeed"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m fleetfeed "$@"\n')
    program.chmod(0o755)
    return site


def cron(site: Site, variables: Path, *args: str, cwd: str | Path = "/") -> subprocess.CompletedProcess[str]:
    """Call the script as cron does: elsewhere, with next to no environment."""
    return subprocess.run(
        [site.folder / SCRIPT.name, *args],
        cwd=cwd,
        env={"PATH": os.defpath, "FLEETFEED_ENV": str(variables)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_cron_script_loads_with_its_env_file_and_the_loaders_rights(site: Site, tmp_path: Path) -> None:
    site.put([ticket("INC1")])
    site.env["DATABASE_URL"] += f"{'&' if '?' in site.url else '?'}options=-c%20role%3Dfleetfeed_loader"
    variables = tmp_path / "fleetfeed.env"
    variables.write_text("".join(f"{name}='{value}'\n" for name, value in site.env.items()))
    done = cron(site, variables, "inc")
    assert (done.returncode, site.tickets()) == (0, {"INC1": "open"}), done.stderr
    assert done.stdout.startswith("inc loaded\n")
    assert "is not a setting" not in done.stderr
    done = cron(site, variables)
    assert done.returncode == 0, done.stderr
    assert "inc" in done.stdout


def test_the_cron_script_takes_a_bare_name_beside_the_caller(site: Site, tmp_path: Path) -> None:
    (tmp_path / "here.env").write_text("DATABASE_URL=\n")
    assert "No database is named." in cron(site, Path("here.env"), "inc", cwd=tmp_path).stderr


def test_the_script_for_cron_says_which_file_it_lacks(site: Site, tmp_path: Path) -> None:
    done = cron(site, tmp_path / "none.env", "inc")
    assert done.returncode == 2
    assert "none.env" in done.stderr


def test_every_way_to_be_scheduled_runs_a_feed_with_the_same_options() -> None:
    service = unit("fleetfeed@.service")["Service"]
    assert service["ExecStart"] == " ".join(["/opt/fleetfeed/own/bin/fleetfeed run %i", *RUN_OPTIONS])
    assert SCRIPT.read_text().endswith(f'run "$@" {" ".join(RUN_OPTIONS)}\n')
    assert int(service["TimeoutStartSec"]) == HANGS_AFTER
    assert service["User"] != "root"


def test_the_timer_ticks_when_the_schedule_of_fleetfeed_toml_does() -> None:
    settings = load_settings(ROOT, env={}).settings
    said = unit("fleetfeed@inc.timer")["Timer"]["OnCalendar"]
    found = re.fullmatch(r"\*-\*-\* (\d\d)\.\.(\d\d):(\d\d)/(\d\d):00 (\S+)", said)
    assert found is not None
    first, last, begin, every = map(int, found.groups()[:4])
    timer = {f"{hour:02}:{minute:02}" for hour in range(first, last + 1) for minute in range(begin, 60, every)}
    day = datetime(2026, 11, 23, 21, tzinfo=UTC)  # midnight in Nairobi
    schedule = read(settings.feeds["inc"].schedule or "", settings.project.timezone)
    ticks = takewhile(lambda tick: tick < day + timedelta(days=1), schedule.ticks(day))
    assert (timer, found[5]) == ({f"{tick:%H:%M}" for tick in ticks}, settings.project.timezone)


def test_systemd_finds_no_fault_with_the_units_where_there_is_one() -> None:
    names = ["fleetfeed@inc.timer", "fleetfeed@.service"]
    said = [f"{name}: {section}" for name in names for section in unit(name).sections()]
    assert said == [
        f"{names[0]}: Unit",
        f"{names[0]}: Timer",
        f"{names[0]}: Install",
        *(f"{names[1]}: {section}" for section in ("Unit", "Service")),
    ]
    if systemd := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [systemd, "verify", *(DEPLOY / name for name in names)], capture_output=True, text=True, check=False
        )
        faults = [line for line in done.stderr.splitlines() if "fleetfeed" in line]
        assert [line for line in faults if "own/bin/fleetfeed is not executable" not in line] == []
