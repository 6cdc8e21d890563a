"""A connection pooler in transaction mode, as small as it gets: one server process, which its clients use by turns."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase
from typing import BinaryIO, cast
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from tests.serving import serving

_WANTS_ANSWER = (3, 5, 10, 11)  # passwords, and the first two steps of SCRAM
_IDLE = b"I"


@contextmanager
def pool(url: str, *, drops: bool = False) -> Iterator[str]:
    """Stand before the server of this URL, on the loopback; give the other URL. It may drop a session's options."""
    target = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    server = _Pool(target, drops=drops)
    password = f":{quote(target['password'], safe='')}" if target.get("password") else ""
    with serving(server), server.upstream:
        plain = "sslmode=disable&gssencmode=disable&channel_binding=disable"
        user, port = quote(target["user"], safe=""), server.server_address[1]
        yield f"postgresql://{user}{password}@127.0.0.1:{port}/{target['dbname']}?{plain}"


class _Pool(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, target: dict[str, str], *, drops: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Client)
        host, port = target["host"], target.get("port", "5432")
        self.upstream = socket.socket(socket.AF_UNIX if host.startswith("/") else socket.AF_INET)
        self.upstream.connect(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, int(port)))
        self.answers = self.upstream.makefile("rb")
        self.drops = drops
        self.turn, self.greeting = threading.Lock(), b""


class _Client(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.pool, holds = cast("_Pool", self.server), False
        with suppress(EOFError, OSError):
            startup = _message(self.rfile, typed=False)[1]
            with self.pool.turn:
                self.greet(startup)
            while (said := _message(self.rfile))[0] != b"X":
                if not holds:
                    self.pool.turn.acquire()
                holds = True
                self.pool.upstream.sendall(said[1])
                if said[0] in (b"Q", b"S") and self.answer() == _IDLE:
                    self.pool.turn.release()
                    holds = False

    def greet(self, startup: bytes) -> None:
        """Log in with the first client's startup; a later client is greeted as that one was."""
        if self.pool.greeting:
            self.wfile.write(self.pool.greeting)
            return
        self.pool.upstream.sendall(_without_options(startup) if self.pool.drops else startup)
        kind = b""
        while kind != b"Z":
            kind, message = _message(self.pool.answers)
            self.wfile.write(message)
            if kind == b"R" and struct.unpack("!i", message[5:9])[0] in _WANTS_ANSWER:
                self.pool.upstream.sendall(_message(self.rfile)[1])
            elif kind != b"R" or message[5:9] == bytes(4):
                self.pool.greeting += message

    def answer(self) -> bytes:
        """Pass on what the server answers, and return the state of its transaction after it."""
        kind, message = b"", b""
        while kind != b"Z":
            kind, message = _message(self.pool.answers)
            self.wfile.write(message)
        return message[-1:]


def _without_options(startup: bytes) -> bytes:
    words = startup[8:].rstrip(b"\0").split(b"\0")
    kept = [b"%b\0%b\0" % pair for pair in zip(words[::2], words[1::2], strict=True) if pair[0] != b"options"]
    body = startup[4:8] + b"".join(kept) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


def _message(stream: BufferedIOBase | BinaryIO, *, typed: bool = True) -> tuple[bytes, bytes]:
    """Read one message: its kind, and all its bytes. Raises EOFError at the end of the talk."""
    kind = stream.read(1) if typed else b""
    length = stream.read(4)
    if len(length) < 4:
        raise EOFError
    return kind, kind + length + stream.read(struct.unpack("!i", length)[0] - 4)
