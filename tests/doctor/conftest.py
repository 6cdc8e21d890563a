"""The sites of the command line, which go by the project's own time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.cli.conftest import clean_environ, moto_store, new_site, rclone_store, site
from tests.cli.site import Site
from tests.kit import ticket

__all__ = ["clean_environ", "moto_store", "new_site", "rclone_store", "site"]


@pytest.fixture(autouse=True)
def in_nairobi(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Go by the project's own time, unless a test says otherwise."""
    monkeypatch.setenv("TZ", "Africa/Nairobi")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def well(site: Site) -> Site:
    site.put([ticket("T1")])
    return site
