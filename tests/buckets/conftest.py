from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.buckets.stores import Store, new_store
from tests.servers import S3Endpoint, moto_s3, rclone_s3

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

Running = tuple[S3Endpoint, "S3Client", Path]


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "RUSTFS_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "no such file"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("rclone")
    with rclone_s3(folder) as endpoint:
        client = endpoint.client()
        yield endpoint, client, folder
        client.close()


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with moto_s3() as endpoint:
        client = endpoint.client()
        yield endpoint, client, tmp_path_factory.mktemp("moto")
        client.close()


@pytest.fixture
def rclone_store(rclone: Running) -> Store:
    return new_store("rclone", *rclone)


@pytest.fixture
def moto_store(moto: Running) -> Store:
    return new_store("moto", *moto)


@pytest.fixture(params=["rclone", "moto"])
def s3_store(request: pytest.FixtureRequest) -> Store:
    store: Store = request.getfixturevalue(f"{request.param}_store")
    return store
