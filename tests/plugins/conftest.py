"""Folders to drop plugins into."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.dropped import DECLARED, Drop, dropping


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Drop a file into a project that has a good feed, too."""
    drop = dropping(tmp_path)
    drop("feeds/water/__init__.py", DECLARED)
    return drop
