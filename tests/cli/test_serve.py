"""`fleetfeed serve` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.cli.site import Site


def command(site: Site, *options: str) -> list[str]:
    return [sys.executable, "-m", "fleetfeed", "--project", str(site.folder), "serve", *options]


@contextmanager
def serving(site: Site, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the server with a login that only reads, and yield its address."""
    url = f"{site.url}{'&' if '?' in site.url else '?'}options=-c%20role%3Dfleetfeed_reader"
    process = subprocess.Popen(
        command(site, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=site.environ(url)
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        process.kill()
        process.communicate()


def test_it_serves_until_sigterm_and_ends_with_0(site: Site) -> None:
    site.load()
    with serving(site, "--port", "0") as (process, address):
        assert httpx.get(f"{address}api/v1/feeds/inc/dashboard").json()["feed"] == "inc"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_port_that_is_taken_is_an_error(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = site.fails("serve", "--port", str(taken.getsockname()[1]))
    assert "is taken" in done


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_open_address_needs_a_login(site: Site, host: str) -> None:
    assert "could read all tickets" in site.fails("serve", "--host", host)
