from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.buckets.stores import Store, stores
from tests.servers import moto_s3, rclone_s3

NewStore = Callable[[], Store]


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "RUSTFS_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "no such file"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def new_rclone_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStore]:
    folder = tmp_path_factory.mktemp("rclone")
    with rclone_s3(folder) as endpoint, stores("rclone", endpoint, folder) as new:
        yield new


@pytest.fixture(scope="session")
def new_moto_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStore]:
    with moto_s3() as endpoint, stores("moto", endpoint, tmp_path_factory.mktemp("moto")) as new:
        yield new


@pytest.fixture
def rclone_store(new_rclone_store: NewStore) -> Iterator[Store]:
    store = new_rclone_store()
    yield store
    shutil.rmtree(store.folder / store.name)  # rclone slows down with the number of buckets


@pytest.fixture
def moto_store(new_moto_store: NewStore) -> Store:
    return new_moto_store()


@pytest.fixture(params=["rclone", "moto"])
def s3_store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "inc"
    root.mkdir()
    return root
