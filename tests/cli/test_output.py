"""What happens to the output of a command changes nothing of what it does, and nothing of what is said of that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleetfeed.database import connect
from fleetfeed.database.schema.migrate import migrate
from tests.cli.prepared import Prepared
from tests.cli.site import Result, Site
from tests.kit import CRQ, FEED, MIGRATIONS, ROOT, ticket

NOTE = "warning: stdout could not be written ({}); the command's work is not affected\n"
FULL, CLOSED, GONE = "No space left on device", "Bad file descriptor", "Broken pipe"
# How a shell's user loses the output, and what is said of it on stderr, if that is still there.
LOST = {
    "exec >/dev/full": FULL,
    "exec >&-": CLOSED,
    'exec >"$GONE"': GONE,
    "exec 2>/dev/full": "",
    "exec 2>&-": "",
    "exec >/dev/full 2>&1": "",
    "exec >&- 2>&-": "",
}


def lose(site: Site, how: str, *args: str) -> Result:
    """Run a command whose output goes nowhere."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        ["sh", "-c", f'{how}; exec "$@"', "sh", sys.executable, "-m", "fleetfeed", *args],
        cwd=site.folder,
        env=os.environ | site.env | {"GONE": f"/proc/self/fd/{write}"},
        pass_fds=[write],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(write)
    return site.checked(Result(done.returncode, done.stdout, done.stderr))


@pytest.fixture
def two(site: Site, prepared: Prepared) -> Site:
    """A site with an export for each of two feeds."""
    inbox = site.folder / "crq"
    inbox.mkdir()
    (inbox / "export.csv").write_bytes((ROOT / "feeds" / "crq" / "sample.csv").read_bytes())
    site.write(more=f'\n[feeds.crq]\nsource = "file://{inbox}/"\n')
    site.put([ticket("INC1")])
    return prepared.give(site, migrate_both)


def migrate_both(site: Site) -> None:
    with connect(site.url, "test") as db:
        migrate(db, MIGRATIONS, [FEED, CRQ])


@pytest.mark.parametrize(("how", "why"), LOST.items())
def test_every_feed_is_loaded_and_the_exit_code_says_so(two: Site, how: str, why: str) -> None:
    result = lose(two, how, "run", "--all", "--apply")
    assert two.outcomes() == ["loaded", "loaded"]
    assert result.code == 0
    assert NOTE.format(why) in result.err if why else "rolled back" not in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("options", [("--json",), ("--json", "--trace")], ids=" ".join)
def test_a_lost_document_is_no_failed_load(two: Site, options: tuple[str, ...]) -> None:
    result = lose(two, "exec >/dev/full", "--log-format", "json", "run", "--all", "--apply", *options)
    assert (result.code, two.outcomes()) == (0, ["loaded", "loaded"])
    lines = [json.loads(line) for line in result.err.splitlines()]
    assert [line["message"] for line in lines if line["level"] == "warning"] == [NOTE.format(FULL)[9:-1]]


def test_a_failed_load_fails_also_when_nobody_can_read_why(site: Site) -> None:
    site.put(b"no,header\n")
    assert lose(site, "exec >&- 2>&-", "run", "inc", "--apply").code == 1
    assert site.outcomes() == ["refused"]


def test_a_migration_is_done_whether_its_steps_can_be_reported_or_not(site: Site) -> None:
    site.rows("DROP VIEW tickets.inc_open_sla")
    assert lose(site, "exec >/dev/full", "migrate").code == 0
    assert site.rows("SELECT * FROM tickets.inc_open_sla") == []


ANSWERS = ("export inc --csv", "status --json", "rejects list inc", "feeds check inc", "plugins", "places list")


def test_a_command_that_only_answers_fails_when_nobody_gets_the_answer(site: Site) -> None:
    results = [lose(site, "exec >/dev/full", *answer.split()) for answer in ANSWERS]
    assert [(result.code, NOTE.format(FULL) in result.err) for result in results] == [(1, True)] * len(ANSWERS)


def test_a_stream_that_must_not_block_is_waited_for(tmp_path: Path) -> None:
    script = tmp_path / "talk.py"
    script.write_text(
        "import os, sys\nfrom fleetfeed.cli.output.streams import never_failing\nos.set_blocking(1, False)\n"
        "with never_failing():\n    print('x' * 300_000)\n"
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as process:
        assert process.communicate(timeout=60)[0] == "x" * 300_000 + "\n"
    assert process.returncode == 0
