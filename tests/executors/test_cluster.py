"""A real Dask scheduler and its workers prepare the exports of a rebuild."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import distributed  # noqa: F401 (Dask has to know its defaults before some are overridden)
import pytest
from dask import config

from fleetfeed.errors import FleetfeedError
from fleetfeed.executors.choice import Executor
from fleetfeed.executors.cluster import wait_for
from fleetfeed.rebuild.replay import Progress
from tests.executors.certificates import certificate
from tests.executors.dask_servers import Servers, children, dask
from tests.executors.kit import DEADLY, Scene, count_read, history
from tests.kit import Bench


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Give a scheduler for the tests that leave it alone."""
    with dask(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture
def servers(shared: Servers) -> Iterator[Servers]:
    """Give a scheduler, and end the workers that the test adds."""
    yield shared
    shared.end_workers()


def dask_of(scene: Scene, servers: Servers, chunk: int = 3) -> Executor:
    return scene.executor("dask", scheduler=servers.address, chunk=chunk)


def test_a_rebuild_of_forty_exports_is_the_same(
    scene: Scene, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.load(*history(40)[7:])
    for _ in range(2):
        servers.add_worker(scene.folder)
    read = count_read(monkeypatch)
    scene.rebuild(dask_of(scene, servers)).replay()
    scene.assert_equal()
    assert read == []
    assert scene.past.rebuild().prove()[1].differences == []


def test_a_worker_or_its_nanny_that_is_killed_is_made_up_for(scene: Scene, servers: Servers) -> None:
    one, two = (servers.add_worker(scene.folder) for _ in range(2))
    (process,) = children(one)

    def kill(at: Progress) -> None:
        if at.done == 1:
            process.kill()
        if at.done == 3:
            servers.kill(two)

    scene.rebuild(dask_of(scene, servers, chunk=1), kill).replay()
    scene.assert_equal()


def test_without_its_scheduler_it_ends_and_goes_on_later(scene: Scene, tmp_path: Path) -> None:
    with dask(tmp_path) as servers:
        servers.add_worker(scene.folder)

        def kill(at: Progress) -> None:
            if at.done == 2:
                servers.kill(servers.scheduler)

        with pytest.raises(FleetfeedError, match="scheduler is lost") as caught:
            scene.rebuild(dask_of(scene, servers, chunk=1), kill).replay()
    assert caught.value.next_step.startswith("Run it again")
    done = len(scene.past.rebuild().plan().done)
    assert 2 <= done < 7
    scene.rebuild(scene.executor("serial")).replay()
    scene.assert_equal()


def test_a_scheduler_without_workers_is_not_waited_for(scene: Scene, servers: Servers) -> None:
    impatient = replace(dask_of(scene, servers), timeout=1.0)
    with pytest.raises(FleetfeedError, match="has had no worker for 1 s") as caught:
        scene.rebuild(impatient).replay()
    assert "fleetfeed worker" in caught.value.next_step
    assert scene.past.db.one("SELECT count(*) FROM tickets.inc__rebuild") == 0


def test_a_scheduler_that_is_not_there_is_named(scene: Scene) -> None:
    nowhere = scene.executor("dask", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(FleetfeedError, match=r"The scheduler tcp://127\.0\.0\.1:1 cannot be reached"):
        scene.rebuild(replace(nowhere, timeout=1.0)).replay()


def test_a_worker_without_a_scheduler_says_so() -> None:
    with pytest.raises(
        FleetfeedError, match=r"The scheduler tcp://127\.0\.0\.1:1 cannot be reached: Connection refused"
    ):
        wait_for("tcp://127.0.0.1:1", 0.1)


def test_an_export_that_kills_its_workers_ends_the_rebuild(bench: Bench, servers: Servers) -> None:
    scene = Scene(bench, 'plugins = ["extra"]\n', {"extra.py": DEADLY})
    scene.load(*history(7))
    servers.add_worker(scene.folder)
    with pytest.raises(FleetfeedError, match=r"Several workers died, each while it prepared export007.csv\."):
        scene.rebuild(dask_of(scene, servers)).replay()
    scene.rebuild(scene.executor("serial")).replay()
    scene.assert_equal()


def test_it_works_over_tls(scene: Scene, tmp_path: Path) -> None:
    made = certificate(tmp_path)
    keys = {"ca_file": made, "scheduler.cert": made, "worker.cert": made, "client.cert": made}
    names = {f"DASK_DISTRIBUTED__COMM__TLS__{key.upper().replace('.', '__')}": value for key, value in keys.items()}
    with dask(tmp_path, "tls", names) as servers:
        assert servers.address.startswith("tls://")
        servers.add_worker(scene.folder, **names)
        with config.set({f"distributed.comm.tls.{key.replace('_', '-')}": value for key, value in keys.items()}):
            scene.rebuild(dask_of(scene, servers)).replay()
    scene.assert_equal()


def test_a_worker_with_another_project_is_refused(scene: Scene, servers: Servers, tmp_path: Path) -> None:
    other = Scene(Bench(scene.bench.db, tmp_path / "other"), 'plugins = ["extra"]\n', {"extra.py": "# of its own\n"})
    servers.add_worker(other.folder)
    with pytest.raises(FleetfeedError, match="has other rules for inc"):
        scene.rebuild(dask_of(scene, servers)).replay()
    assert scene.past.db.one("SELECT count(*) FROM tickets.inc__rebuild") == 0


def test_no_variable_of_the_database_reaches_a_worker(scene: Scene, servers: Servers) -> None:
    nanny = servers.add_worker(
        scene.folder, DATABASE_URL="postgresql://u:canary@h/db", RUSTFS_ACCESS_KEY="key-of-worker"
    )
    (process,) = children(nanny)
    for found in (nanny.pid, process.pid):
        variables = Path(f"/proc/{found}/environ").read_text()
        assert "canary" not in variables
        assert "RUSTFS_ACCESS_KEY" in variables
