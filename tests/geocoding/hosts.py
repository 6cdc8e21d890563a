"""Hosts that a test plays: what they answer, and what they were asked."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import httpx

from tests.serving import serving

PLACE = {
    "place_id": "1",
    "licence": "© OpenStreetMap",
    "lat": "-1.2921",
    "lon": "36.7856",
    "display_name": "Moi Avenue, Nairobi, Kenya",
    "boundingbox": ["-1.3", "-1.2", "36.7", "36.8"],
    "matchquality": {"matchcode": "exact", "matchtype": "point", "matchlevel": "street"},
}


class Host:
    """A host that answers everything in one way, and keeps what it was asked; an exception is what httpx raises."""

    def __init__(self, status: int = 200, body: Any = None, fault: Exception | None = None, **headers: str) -> None:
        self.status, self.headers, self.fault = status, headers, fault
        self.body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.fault:
            raise self.fault
        return httpx.Response(self.status, content=self.body, headers=self.headers)


def found(**changes: Any) -> Host:
    """A host that finds one place, which differs in this from the ordinary."""
    return Host(200, [PLACE | changes])


@contextmanager
def dripping(first: bytes) -> Iterator[str]:
    """Run a server that sends this to each client, and then a byte every 20 ms for as long as somebody listens."""
    ended, threads = threading.Event(), list[threading.Thread]()

    def drip(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.sendall(first)
            while not ended.wait(0.02):
                connection.sendall(b"x")

    def accept() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=drip, args=(listener.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


class Keeping(ThreadingHTTPServer):
    """A server that keeps its connections open, and counts them and its answers."""

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body, self.connections, self.answers = body, 0, 0
        self.url = f"http://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server = cast("Keeping", self.server)
        server.answers += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        pass


@contextmanager
def keeping(body: bytes) -> Iterator[Keeping]:
    """Run a server that answers everything with this."""
    server = Keeping(body)
    with serving(server):
        yield server
