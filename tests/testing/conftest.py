"""The sound feed, put to the test once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.testing.kit import feed_trial, project


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exception | None]:
    """Judge the feed in which nothing is planted by a law."""
    return feed_trial(project(tmp_path_factory.mktemp("sound"))).verdict
