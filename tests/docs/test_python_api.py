"""The example of docs/python-api.md runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.kit import ROOT, export, ticket

PAGE = (ROOT / "docs" / "python-api.md").read_text("utf-8")


def run_example(folder: Path) -> subprocess.CompletedProcess[str]:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    return subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, check=False)


def test_the_example_loads_a_feed_and_exits_with_the_code_of_an_error(url: str, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "1.csv").write_bytes(export([ticket("INC1"), ticket("INC2")]))
    feed = f'[feeds.inc]\nsource = "file://{inbox}/"\narchive = false\n'
    settings = f'[project]\ntimezone = "Africa/Nairobi"\n[database]\nurl = "{url}"\n{feed}'
    (tmp_path / "fleetfeed.toml").write_text(settings)

    loaded = run_example(tmp_path)
    assert (loaded.returncode, loaded.stdout.splitlines()[0], loaded.stderr) == (0, "loaded 2 new, 0 changed", "")

    (inbox / "1.csv").write_text("no,header\n")
    refused = run_example(tmp_path)
    assert (refused.returncode, refused.stdout.splitlines()[0]) == (1, "refused 0 new, 0 changed")
    assert "The export is refused" in refused.stderr
