"""A proxy for PostgreSQL's protocol: it hears each statement of a client, and can break the talk around any of them."""

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

from tests.crash.faults import PATIENCE, Fault, Talk
from tests.serving import serving

# What a client says before the server acts on it: Parse, Bind, Describe, Execute, Close. A Sync or any other ends it.
UNFINISHED = b"PBDEC"
NAMES = {b"d": "COPY data", b"c": "COPY done", b"f": "COPY failed", b"S": "Sync", b"H": "Flush", b"X": "goodbye"}


@contextmanager
def pg_proxy(url: str, talk: Talk) -> Iterator[str]:
    """Stand between clients and the server of this URL, on the loopback and without encryption; give the other URL."""
    target = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    proxy = _Server(target, talk)
    with serving(proxy):
        password = f":{quote(target['password'], safe='')}" if target.get("password") else ""
        user, port = quote(target["user"], safe=""), proxy.server_address[1]
        plain = "sslmode=disable&gssencmode=disable&channel_binding=disable"
        yield f"postgresql://{user}{password}@127.0.0.1:{port}/{target['dbname']}?{plain}"


class _Server(socketserver.ThreadingTCPServer):
    def __init__(self, target: dict[str, str], talk: Talk) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target, self.talk = target, talk

    def dial(self) -> socket.socket:
        host, port = self.target["host"], self.target.get("port", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        dialled = socket.socket(socket.AF_UNIX)
        try:
            dialled.connect(f"{host}/.s.PGSQL.{port}")
        except OSError:
            dialled.close()
            raise
        return dialled


class _Connection(socketserver.StreamRequestHandler):
    """One client: what it says is read message by message, so is what the server answers."""

    disable_nagle_algorithm = True  # else every answer waits 40 ms for company

    def handle(self) -> None:
        self.talk = cast("_Server", self.server).talk
        self.withheld, self.answered = threading.Event(), threading.Event()
        try:
            self.upstream = cast("_Server", self.server).dial()
        except OSError:  # the server is down: the client finds nobody, either
            return
        with self.upstream, self.upstream.makefile("rb") as answers:
            back = threading.Thread(target=self._pass_back, args=(answers,))
            back.start()
            with suppress(OSError, EOFError):  # a client that was killed, a server that was stopped
                self._pass_on()
            with suppress(OSError):
                self.upstream.shutdown(socket.SHUT_RDWR)
            back.join()  # the server's last words reach the client

    def _pass_on(self) -> None:
        self.upstream.sendall(_message(self.rfile, typed=False)[1])
        unfinished, texts = b"", list[str]()
        while True:
            kind, message = _message(self.rfile)
            if kind == b"p":  # a password is no statement
                self.upstream.sendall(message)
                continue
            unfinished += message
            if kind in (b"P", b"Q"):
                texts.append(_sql(kind, message))
            if kind in UNFINISHED:
                continue
            fault = self.talk.next("; ".join(texts) or NAMES.get(kind, repr(kind)))
            if fault is not None:
                return self._break(fault, kind, unfinished)
            self.upstream.sendall(unfinished)
            unfinished, texts = b"", []

    def _break(self, fault: Fault, kind: bytes, message: bytes) -> None:
        if fault.when == "half":
            self.upstream.sendall(message[: len(message) // 2])
        elif fault.when == "after":
            self.withheld.set()
            self.upstream.sendall(message)
            if kind in b"QS":  # nothing else has an answer of its own
                assert self.answered.wait(PATIENCE)
        fault.do()

    def _pass_back(self, answers: BinaryIO) -> None:
        with suppress(OSError, EOFError):
            while True:
                kind, message = _message(answers)
                if not self.withheld.is_set():
                    self.connection.sendall(message)
                elif kind in b"ZG":  # ready for the next statement, or for the data of a COPY
                    self.answered.set()
        with suppress(OSError):  # the server has gone: so has the client's connection
            self.connection.shutdown(socket.SHUT_RDWR)


def _message(stream: BufferedIOBase | BinaryIO, *, typed: bool = True) -> tuple[bytes, bytes]:
    """Read one message: its kind, and all its bytes. Raises EOFError at the end of the talk."""
    kind = stream.read(1) if typed else b""
    length = stream.read(4)
    if len(length) < 4:
        raise EOFError
    (size,) = struct.unpack("!i", length)
    return kind, kind + length + stream.read(size - 4)


def _sql(kind: bytes, message: bytes) -> str:
    parts = message[5:].split(b"\0")
    return " ".join(parts[0 if kind == b"Q" else 1].decode().split())
