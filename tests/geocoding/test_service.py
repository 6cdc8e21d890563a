"""The way to a host: bounded in time, and the key stays on it."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback

import pytest

from fleetfeed import GeocodeQuery, Geocoder, GeocoderUnavailable, NotAuthorised, NotUnderstood
from fleetfeed.geocoding.policy import Provider
from fleetfeed.geocoding.service import Service
from fleetfeed.geocoding.threads import Calls
from tests.fault_server import Answer, fault_server
from tests.geocoding.hosts import dripping, keeping
from tests.geocoding.kit import bundled

QUERY = GeocodeQuery("Moi Avenue")


@pytest.mark.parametrize(
    "first",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n["],
    ids=["status", "headers", "body"],
)
def test_an_answer_that_drips_in_is_given_up_in_time(first: bytes) -> None:
    with dripping(first) as url:
        calls, began = Calls(seconds=0.4), time.monotonic()
        calls.start(bundled("nominatim", None, host=url), QUERY)
        finished = calls.finished(30)
        took = time.monotonic() - began

    assert finished is not None
    assert isinstance(finished[1], GeocoderUnavailable)
    assert finished[1].cause == "nominatim did not answer within 0.4 s."
    assert 0.4 <= took < 5
    assert calls.running == set()


def test_an_answer_that_comes_after_it_was_given_up_is_nobodys() -> None:
    go = threading.Event()

    def slow(query: GeocodeQuery) -> None:
        go.wait(10)

    calls = Calls(seconds=0.05)
    late = calls.start(Provider("late", slow), QUERY)
    assert calls.finished(10) is not None
    calls.seconds = 10
    prompt = calls.start(Provider("prompt", slow), QUERY)
    go.set()
    finished = calls.finished(10)
    assert finished == (prompt, None)
    assert late not in calls.running


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(b"[]", length=100), GeocoderUnavailable),  # cut short
        (Answer(b"x" * (2 << 20)), NotUnderstood),
        (Answer(b"[]", headers={"Content-Encoding": "gzip"}), NotUnderstood),
    ],
)
def test_a_broken_answer_of_a_real_server_is_an_error(answer: Answer, kind: type[Exception]) -> None:
    with fault_server(lambda asked: answer) as server:
        provider = bundled("locationiq", None, host=server.url)
        with pytest.raises(kind):
            provider.ask(QUERY)
        provider.close()


def test_a_host_that_nobody_listens_at_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(GeocoderUnavailable, match=r"cannot be reached \(ConnectError\)"):
        bundled("locationiq", None, host=url).ask(QUERY)


def test_without_a_host_nobody_is_asked() -> None:
    with pytest.raises(NotAuthorised, match="own has no host"):
        Service("own", Geocoder()).get("/search", {})


def test_a_connection_is_kept_for_the_next_call() -> None:
    with keeping(b"[]") as server:
        provider = bundled("locationiq", None, host=server.url)
        provider.ask(QUERY)
        provider.ask(QUERY)
        assert (server.connections, server.answers) == (1, 2)
        provider.close()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_the_key_is_in_no_log_and_no_error_even_where_the_host_repeats_it(
    caplog: pytest.LogCaptureFixture, key: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    with fault_server(lambda asked: Answer(f"no: {asked.query['key']}".encode(), status)) as server:
        provider = bundled("locationiq", None, host=server.url)
        with pytest.raises(Exception) as caught:  # noqa: PT011 (which one it is stands in test_providers.py)
            provider.ask(QUERY)
        provider.close()
        assert server.asked[0].query["key"] == key
    reported = "".join(traceback.format_exception(caught.value))
    assert key not in reported
    assert "pk." not in reported
    assert key not in caplog.text
