"""What a person types on the day of the change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetfeed import cli
from fleetfeed.database import connect
from tests.database.adoption.test_plan import PLAN
from tests.kit import ROOT, Bench, export

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project whose exports lie in a folder."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "fleetfeed.toml").write_text(
        '[project]\ntimezone = "Africa/Nairobi"\nplugins = ["feeds"]\n\n'
        f'[feeds.inc]\nsource = "file://{tmp_path}/inbox/"\narchive = "file://{tmp_path}/inbox/processed/"\n'
    )
    for name in os.environ:
        if name.startswith(("RUSTFS_", "FLEETFEED_", "DATABASE_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(project: Path, old_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run `fleetfeed` in the project, on a database of the earlier program."""
    monkeypatch.setenv("DATABASE_URL", old_url)

    def run(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fleetfeed", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        return (code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


def test_refused_planned_adopted_and_loaded(call: Call, project: Path, old_url: str) -> None:
    code, _, err = call("run", "inc", "--apply")
    assert code == 1
    assert "The database is at revision none, this fleetfeed needs" in err
    assert "next:   Run `fleetfeed migrate` (`--plan` shows what it will do)." in err

    code, out, _ = call("migrate", "--plan")
    lines = out.splitlines()
    assert code == 0
    steps = [line.strip().removesuffix(" (rewrites)") for line in lines[:-2]]
    settled = PLAN.index(
        "grant fleetfeed_owner, fleetfeed_loader, fleetfeed_reader, fleetfeed_dispatcher what docs/database.md says"
    )
    assert steps == [*PLAN[:settled], "set when feed inc is stale", *PLAN[settled:]]
    assert lines[-2].startswith("  lock all of these, for readers too, for about 1 s (an estimate, ")
    assert lines[-1] == "Nothing was written. To do it: fleetfeed migrate"

    document = json.loads(call("migrate", "--plan", "--json")[1])
    assert (document["schema_version"], document["applied"]) == (1, False)
    assert [step["what"] for step in document["steps"]][:-1] == steps
    assert {step["kind"] for step in document["steps"]} == {
        "keep",
        "copy",
        "recreate",
        "drop",
        "set",
        "grant",
        "capture",
        "leave",
        "lock",
    }
    assert [step["rows"] for step in document["steps"] if step["rewrites"]] == [1000, 334, 3, 20, 1, 33]
    assert document["steps"][-1]["lock_seconds"] == 1.1

    done = call("migrate")[1].splitlines()
    assert done[: len(lines) - 1] == lines[:-1]
    assert done[-1].endswith(" steps. Next: fleetfeed run --all")
    assert call("migrate") == (0, "The database is up to date; nothing to do.\n", "")

    with connect(old_url, "test") as db:
        raws = [row["raw"] for row in Bench(db, project).rows("ticket_id, raw")]
        (project / "inbox" / "export002.csv").write_bytes(export(raws, sorted({name for raw in raws for name in raw})))
        code, out, err = call("run", "inc", "--apply", "--json")
        assert (code, json.loads(out)["runs"][0]["rows"]["unchanged"]) == (0, 1000)
        assert db.one("SELECT count(*) FROM tickets.ticket_changes") == 0


def _owned_by(adopted: Bench, owner: str) -> bytes:
    """Export every ticket there is, one of them with another owner."""
    raws = [row["raw"] for row in adopted.rows("raw", "tickets.inc", "ticket_id")]
    changed = [raw | {"owner": owner} if raw["ticket_id"] == "INC1" else raw for raw in raws]
    return export(changed, sorted({"closed_at", "owner"}.union(*raws)))


def test_the_call_of_the_earlier_schedule_runs_inc(project: Path, adopted: Bench, adopted_url: str) -> None:
    (project / "inbox" / "export002.csv").write_bytes(_owned_by(adopted, "Amina"))
    done = _shim(project, adopted_url, "--from-bucket", "--apply", "--capture-history")

    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert adopted.one("INC1", "owner") == {"owner": "Amina"}
    assert (project / "inbox" / "processed" / "export002.csv").is_file()

    dry = _shim(project, adopted_url, "--inc-csv", str(project / "inbox" / "processed" / "export002.csv"))
    assert (dry.returncode, "without --apply nothing was written" in dry.stderr) == (0, True)
    (project / "inbox" / "export003.csv").write_bytes(_owned_by(adopted, "Brian"))
    flags = ("--from-bucket", "--apply", "--geocode-clusters", "--geocode-locations", "--capture-history")
    every = _shim(project, adopted_url, *flags)
    assert (every.returncode, every.stdout.splitlines()[0]) == (0, "inc loaded"), every.stderr
    assert every.stdout.splitlines()[-6:-4] == ["inc geocoding", "  clusters  0 to look up"]
    assert adopted.one("INC1", "owner") == {"owner": "Brian"}
    assert adopted.db.one("SELECT count(*) FROM tickets.captured_runs") == 2


def _shim(project: Path, url: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "import_tickets.py"), *args]
    return subprocess.run(command, cwd=project, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True)
