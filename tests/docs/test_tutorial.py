"""The tutorial for a new feed does what it says: its files are written, its commands run and its outputs compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.kit import ROOT

TUTORIAL = ROOT / "docs" / "new-feed.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[str, str, str]]:
    """Yield the blocks of the tutorial: kind, what is said beside it, text."""
    for found in BLOCK.finditer(TUTORIAL.read_text("utf-8")):
        yield found[1], found[2] or "", found[3]


def run(script: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """Run commands as a shell does, with the fleetfeed of these tests."""
    foreign = ("FLEETFEED_", "RUSTFS_", "AWS_", "PG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**kept, "DATABASE_URL": url, "PATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tutorial_leads_from_an_export_to_loaded_tickets(tmp_path: Path, empty_url: str) -> None:
    said = ""
    for kind, beside, text in blocks():
        file = tmp_path / beside
        if kind == "sh":
            done = run(text, tmp_path, empty_url)
            assert done.returncode == int(beside.removeprefix("exit=") or 0), done.stdout + done.stderr
            said = done.stdout
        elif kind == "csv":
            file.write_text(text, "utf-8")
        elif kind == "toml":
            file.write_text((file.read_text("utf-8") + "\n" if file.exists() else "") + text, "utf-8")
        elif kind == "diff":
            removed, added = (
                "".join(f"{line[1:]}\n" for line in text.splitlines() if line[0] == sign) for sign in "-+"
            )
            assert file.read_text("utf-8").count(removed) == 1
            file.write_text(file.read_text("utf-8").replace(removed, added), "utf-8")
        elif kind == "text":
            assert text in said
    with psycopg.connect(empty_url) as connection:
        found = connection.execute("SELECT ticket_id, state, opened::text FROM tickets.requests ORDER BY 1").fetchall()
        assert found[0] == ("R-0101", "Closed", "2026-11-03 07:10:00+00")
        assert [key for key, _, _ in found] == ["R-0101", "R-0102", "R-0103", "R-0104", "R-0105"]
        (is_open,) = connection.execute("SELECT count(*) FROM tickets.requests_open_sla").fetchone() or (None,)
        assert is_open == 2


def test_the_tutorial_uses_every_kind_of_block() -> None:
    assert {kind for kind, _, _ in blocks()} == {"toml", "csv", "sh", "text", "diff", "console"}
