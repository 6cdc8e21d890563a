"""Sites: a project, a database and a bucket each, on both real S3 servers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.fleet import LIST
from tests.cli.prepared import Prepared
from tests.cli.site import Site, Store
from tests.servers import moto_s3, rclone_s3


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "RUSTFS_", "FLEETFEED_", "PG", "DATABASE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "no such file"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def rclone_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("rclone")
    with rclone_s3(folder) as endpoint, closing(endpoint.client()) as client:
        yield Store("rclone", endpoint, client, folder)


@pytest.fixture(scope="session")
def moto_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with moto_s3() as endpoint, closing(endpoint.client()) as client:
        yield Store("moto", endpoint, client, tmp_path_factory.mktemp("moto"))


@pytest.fixture(scope="module")
def prepared(new_database: Callable[[str | None], str], tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return Prepared(new_database, tmp_path_factory.mktemp("bucket"))


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated: str) -> str:
    if "prepared" not in request.fixturenames:
        return migrated
    found: Prepared = request.getfixturevalue("prepared")
    return found.database or migrated


@pytest.fixture
def new_site(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Store], Site]]:
    made: list[Site] = []

    def new(store: Store) -> Site:
        folder = tmp_path / "project"
        folder.mkdir()
        made.append(Site(store, folder, url, capsys, monkeypatch))
        return made[-1]

    yield new
    for site in made:
        site.no_secret_in_ledger()
        shutil.rmtree(site.store.folder / site.bucket, ignore_errors=True)  # rclone slows down with their number


@pytest.fixture
def site(new_site: Callable[[Store], Site], rclone_store: Store) -> Site:
    """A site on rclone, which checks signatures."""
    return new_site(rclone_store)


@pytest.fixture(params=["rclone_store", "moto_store"])
def any_site(new_site: Callable[[Store], Site], request: pytest.FixtureRequest) -> Site:
    """A site on each of the servers."""
    return new_site(request.getfixturevalue(request.param))


@pytest.fixture
def fleet(site: Site) -> Site:
    """A site with two units, whose provider reads CSV files of a folder."""
    (site.folder / "positions in").mkdir()
    source = f"file://{site.folder}/positions in/"
    site.write(more=f'[units]\nprovider = "csv_file"\n[positions.csv_file]\nsource = "{source}"\n')
    (site.folder / "units.csv").write_text(LIST)
    assert site("units", "import", "units.csv", "--apply").code == 0
    return site
