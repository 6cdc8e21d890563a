"""`fleetfeed serve` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.cli.site import Site
from tests.kit import ticket


@contextmanager
def serving(site: Site, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the server with a login that only reads, and yield its address."""
    url = site.env["DATABASE_URL"]
    site.env["DATABASE_URL"] = f"{url}{'&' if '?' in url else '?'}options=-c%20role%3Dfleetfeed_reader"
    process = site.process("serve", *options)
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.kill()
        process.communicate()


def test_it_serves_until_sigterm_and_ends_with_0(site: Site) -> None:
    site.put([ticket("INC1")])
    assert site("run", "inc", "--apply").code == 0
    with serving(site, "--port", "0") as (process, address):
        assert httpx.get(f"{address}api/v1/feeds/inc/dashboard").json()["counts"]["open"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_login_that_may_write_is_refused(site: Site) -> None:
    done = site("serve", "--port", "0")

    assert done.code == 2
    assert "has rights on tickets." in done.error_lines[0]


def test_a_port_that_is_taken_is_an_error(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with serving(site, "--port", port) as (process, _):
            assert (process.wait(20), f"Port {port} of 127.0.0.1 is taken." in process.communicate()[1]) == (2, True)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 (nothing listens there)
def test_an_open_address_needs_a_login(site: Site, host: str) -> None:
    done = site("serve", "--host", host)

    assert done.code == 2
    assert "could read all tickets" in done.error_lines[0]


def test_a_second_login_takes_positions_and_a_stronger_one_is_refused(site: Site) -> None:
    url = site.env["DATABASE_URL"]
    site.rows("INSERT INTO tickets.units (unit) VALUES ('van-1')")
    position = {"unit": "van-1", "latitude": -1.29, "longitude": 36.8, "at": "2026-11-20T08:00:00Z"}
    option = f"{'&' if '?' in url else '?'}options=-c%20role%3Dfleetfeed_dispatcher"
    site.env["FLEETFEED_SERVE__DISPATCHER_URL"] = f"{url}{option}"
    with serving(site, "--port", "0") as (_, address):
        assert httpx.put(f"{address}api/v1/units/positions", json=[position]).json()["taken"] == 1
    site.env["FLEETFEED_SERVE__DISPATCHER_URL"] = url
    refused = site("serve", "--port", "0")
    assert refused.code == 2
    assert refused.error_lines[2] == (
        "next:   Name a login IN ROLE fleetfeed_dispatcher in FLEETFEED_SERVE__DISPATCHER_URL: docs/http-api.md."
    )
