"""A proxy for S3: it hears each request, and can break the talk around any of them."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import unquote, urlsplit

from tests.crash.faults import Talk
from tests.serving import serving

OF_ONE_HOP = ("connection", "transfer-encoding", "keep-alive", "content-length")


@contextmanager
def s3_proxy(endpoint: str, talk: Talk) -> Iterator[str]:
    """Stand between clients and a store; give the address. Host and path stay, so that signatures stay valid."""
    proxy = _Server(urlsplit(endpoint).netloc, talk)
    with serving(proxy):
        yield f"http://127.0.0.1:{proxy.server_port}"


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing it waits for them

    def __init__(self, store: str, talk: Talk) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store, self.talk = store, talk


class _Handler(BaseHTTPRequestHandler):  # HTTP/1.0: each connection ends with its answer
    def do_GET(self) -> None:
        server = cast("_Server", self.server)
        fault = server.talk.next(self._said())
        if fault is not None:
            if fault.when == "after":
                self._ask(server.store)
            fault.do()
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        answer, body = self._ask(server.store)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in OF_ONE_HOP:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(body))
        if length:
            self.send_header("Content-Length", length)
        self.end_headers()
        with suppress(OSError):  # a client that was killed
            self.wfile.write(body)

    do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815 (http.server's names)

    def _said(self) -> str:
        url = urlsplit(self.path)
        if "list-type" in url.query:
            return "LIST"
        method = "COPY" if "x-amz-copy-source" in self.headers else self.command
        return f"{method} {unquote(url.path).split('/', 2)[-1]}"

    def _ask(self, store: str) -> tuple[http.client.HTTPResponse, bytes]:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with closing(http.client.HTTPConnection(store)) as connection:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer, answer.read()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        pass
