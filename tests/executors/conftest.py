"""A feed with seven loads."""

from __future__ import annotations

import pytest

from tests.executors.kit import Scene, history
from tests.kit import Bench


@pytest.fixture
def scene(bench: Bench) -> Scene:
    made = Scene(bench)
    made.load(*history(7))
    return made
