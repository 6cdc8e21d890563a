"""A store that says little of its objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipeline.weak_store import WeakStore, weak_store


@pytest.fixture
def store() -> Iterator[WeakStore]:
    with weak_store() as found:
        yield found
