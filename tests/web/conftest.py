"""A web server over a real PostGIS, in a thread of this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from fleetfeed.config.tables import ServeSettings
from fleetfeed.database.readers import Dispatchers, Readers
from fleetfeed.web.app import build
from fleetfeed.web.server import address, listen, server_of
from fleetfeed.web.serving import Serving
from tests.kit import ZONE, Bench, ticket
from tests.loaded import Loaded, has_loaded, to_copy
from tests.servers import Server

Serve = Callable[..., httpx.Client]


@contextmanager
def served(serving: Serving) -> Iterator[httpx.Client]:
    """Run a server, and yield a client of it."""
    server, listener = server_of(build(serving)), listen("127.0.0.1", 0)
    thread = Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        with httpx.Client(base_url=address(listener), timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def serve(url: str, tmp_path: Path) -> Iterator[Serve]:
    """Start servers with settings, each on a database."""
    with ExitStack() as running:

        def start(database: str = "", *, dispatch: bool = False, **settings: Any) -> httpx.Client:
            readers = Readers(database or url, as_reader=True)
            dispatchers = Dispatchers(database or url, as_dispatcher=True) if dispatch else None
            checked = ServeSettings.model_validate(settings)
            serving = Serving(checked, ("inc", "crq"), ZONE, tmp_path, readers, dispatchers)
            return running.enter_context(served(serving))

        yield start


@pytest.fixture
def client(serve: Serve) -> httpx.Client:
    return serve()


@pytest.fixture(scope="session")
def one_load(postgres: Server, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Load an open ticket, a closed one and one without a place."""
    closed = {"normalized_status": "closed", "closed_at": "2026-11-19 09:00:00", "mttr": "90"}
    rows = [ticket("INC1"), ticket("INC2", **closed), ticket("INC3", cluster="")]
    with has_loaded(postgres, migrated, tmp_path_factory.mktemp("loaded"), [rows]) as made:
        yield made


@pytest.fixture
def template(request: pytest.FixtureRequest, migrated: str) -> str:
    return to_copy(request, "one_load", "loaded", migrated)


@pytest.fixture
def loaded(one_load: Loaded, bench: Bench) -> Bench:
    """A feed that has loaded `one_load`."""
    one_load.give_exports(bench)
    return bench
