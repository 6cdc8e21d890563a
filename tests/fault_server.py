"""A server that answers as a test asks it to: for the faults that real servers will not show on demand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.serving import serving

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str  # /BUCKET/KEY
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """One answer; `length` is the Content-Length to send, which may be a lie, or None to send none."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = -1

    @property
    def declared(self) -> int | None:
        """The Content-Length to send: the truth, unless the test says otherwise."""
        return len(self.body) if self.length == -1 else self.length


class FaultServer(ThreadingHTTPServer):
    """The server, and what it was asked."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.asked: list[Asked] = []
        self.ahead = 0.0  # seconds by which its clock differs
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):  # HTTP/1.0: each connection ends with its answer
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) if self.command == "POST" else b""
        asked = Asked(self.command, unquote(url.path), query, dict(self.headers), body)
        server = cast("FaultServer", self.server)
        server.asked.append(asked)
        answer = server.answer(asked)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.declared is not None:
            self.send_header("Content-Length", str(answer.declared))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_PUT = do_DELETE = do_POST = do_GET  # noqa: N815 (http.server's names)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + cast("FaultServer", self.server).ahead)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        pass


@contextmanager
def fault_server(answer: Callable[[Asked], Answer]) -> Iterator[FaultServer]:
    """Run a server that answers each request with what the function makes of it."""
    server = FaultServer(answer)
    with serving(server):
        yield server


def listing(*entries: str, truncated: bool = False, token: str = "") -> Answer:
    """Answer a page of a listing; make its entries with `entry`."""
    more = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return _xml(
        f'<ListBucketResult xmlns="{XMLNS}"><Name>tickets</Name>'
        f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{more}{''.join(entries)}</ListBucketResult>"
    )


def entry(key: str, size: int, etag: str = "", modified: str = "2026-11-23T06:20:00.000Z") -> str:
    """Make one entry of a listing; an empty `modified` leaves the time out."""
    time = f"<LastModified>{modified}</LastModified>" if modified else ""
    return f"<Contents><Key>{escape(key)}</Key>{time}<ETag>{etag}</ETag><Size>{size}</Size></Contents>"


def error(code: str, status: int, message: str = "") -> Answer:
    """Answer with an S3 error."""
    return _xml(f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>", status)


def _xml(body: str, status: int = 200) -> Answer:
    return Answer(body.encode(), status, {"Content-Type": "application/xml"})
