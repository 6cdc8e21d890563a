"""A database that is away, and a login that may do too much."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from fleetfeed.database import connect
from fleetfeed.database.readers import check_rights
from fleetfeed.errors import UsageError
from tests.kit import Bench
from tests.web.conftest import Serve

PATH = "/api/v1/feeds/inc/dashboard"


@pytest.mark.timeout(120)
def test_the_last_answer_is_kept_while_the_database_is_away(client: httpx.Client, loaded: Bench, url: str) -> None:
    before = client.get(PATH)
    name = loaded.db.connection.info.dbname
    server = url.replace(f"/{name}", "/postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        time.sleep(1.1)  # for so long a version is remembered
        kept = client.get(PATH)
        unknown = client.get(f"{PATH}?window=30d")
        start = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            many = [*pool.map(lambda number: client.get(f"{PATH}?cluster={number}").status_code, range(20))]
        took = time.monotonic() - start
        ready, healthy = client.get("/readyz"), client.get("/healthz")
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    assert ({*many}, took < 15) == ({503}, True)  # they do not wait for each other
    assert (kept.status_code, kept.content) == (200, before.content)
    assert kept.headers["fleetfeed-kept"].endswith("; reason=database")
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "5")
    assert unknown.json()["detail"] == "The database does not answer."
    assert name not in unknown.text
    assert (ready.status_code, healthy.status_code) == (503, 200)


def test_an_idle_connection_that_broke_is_replaced(client: httpx.Client, loaded: Bench, url: str) -> None:
    first = client.get(PATH)
    loaded.db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fleetfeed serve'"
    )
    second = client.get(f"{PATH}?window=30d")

    assert (first.status_code, second.status_code) == (200, 200)


def test_a_database_that_cannot_be_reached_names_no_host(serve: Serve) -> None:
    client = serve("postgresql://nobody:hunter2@127.0.0.1:9/none")
    found = client.get(PATH)

    assert found.status_code == 503
    assert "127.0.0.1" not in found.text
    assert "hunter2" not in found.text


def test_a_login_that_may_do_more_than_read_is_refused(url: str, loaded: Bench) -> None:
    with connect(url, "test") as db, pytest.raises(UsageError, match=r"it has rights on tickets\.\w+"):
        check_rights(db)
    with connect(url, "test") as db:
        db.execute("SET ROLE fleetfeed_reader")
        check_rights(db)
