"""A new store for each history, on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.buckets.conftest import clean_environ
from tests.buckets.stores import Store, stores
from tests.servers import rclone_s3

__all__ = ["clean_environ"]

pytest.register_assert_rewrite("tests.histories.scene")


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    with rclone_s3(tmp_path) as endpoint, stores("rclone", endpoint, tmp_path) as new:
        yield new
