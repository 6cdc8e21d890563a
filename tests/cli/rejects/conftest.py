"""A site with a feed of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.rejects.kit import FEED
from tests.cli.site import Site, Store


@pytest.fixture
def own(new_site: Callable[[Store], Site], rclone_store: Store) -> Site:
    """Give a site with a feed of its own, whose rules the test mends."""
    made = new_site(rclone_store)
    folder: Path = made.folder / "feeds" / "inc"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(FEED)
    return made
