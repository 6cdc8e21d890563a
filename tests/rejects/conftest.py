"""The sites of the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import any_site, clean_environ, moto_store, new_site, rclone_store, site
from tests.cli.site import Site, Store
from tests.rejects.kit import FEED

__all__ = ["any_site", "clean_environ", "moto_store", "new_site", "rclone_store", "site"]


@pytest.fixture
def own(new_site: Callable[[Store], Site], rclone_store: Store) -> Site:
    """Give a site with a feed of its own, whose rules the test mends."""
    made = new_site(rclone_store)
    folder: Path = made.folder / "feeds" / "inc"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(FEED)
    return made
