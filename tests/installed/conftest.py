"""Folders and wheels for these tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleetfeed.database.embedded import files
from tests.installed.environments import build
from tests.kit import ROOT


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the embedded server's user can reach; pytest's own is closed to it when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="ff-", dir=files.TEMPORARY))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give fleetfeed's own wheel, built from this tree."""
    return build(ROOT, tmp_path_factory.mktemp("wheel"))
