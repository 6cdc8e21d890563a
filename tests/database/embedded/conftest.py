"""Places and servers for these tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleetfeed.database.embedded import files
from fleetfeed.database.embedded.server import EmbeddedServer, throwaway_server


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the server's user can reach; pytest's own is closed to it when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="ff-", dir=files.TEMPORARY))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(place: Path) -> Iterator[Path]:
    yield place / "project" / ".fleetfeed"
    EmbeddedServer(place / "project" / ".fleetfeed").stop("immediate")


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with throwaway_server() as running:
        yield running
