"""A project to write settings into, and an environment that says nothing of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

MINIMAL = """
[project]
timezone = "Africa/Nairobi"

[feeds.inc]
source = "s3://tickets/automations/inc/"
"""

WRITE = Callable[[str], Path]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = ("FLEETFEED_", "PG", "AWS_", "RUSTFS_", "DATABASE_URL", "GEOCODER_")
    for name in [name for name in os.environ if name.startswith(ours)]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path) -> WRITE:
    """Write text, after what every project needs, into fleetfeed.toml; return the project."""

    def write(text: str = "") -> Path:
        (tmp_path / "fleetfeed.toml").write_text(MINIMAL + text, encoding="utf-8")
        return tmp_path

    return write
