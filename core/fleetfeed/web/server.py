"""Listens, and runs the application until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import httpx
import uvicorn
from starlette.types import ASGIApp

from fleetfeed.errors import ConfigError, UsageError

_GRACE_SECONDS = 5
_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one. Raises UsageError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f"The host name {host!r} is not known: {error.strerror}.") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        raise UsageError(
            f"Port {port} of {host} is taken." if taken else f"Port {port} of {host} cannot be used: {error.strerror}.",
            next_step="Name another one: --port, or port in [serve]; `--port 0` takes a free one.",
        ) from None
    return listener


def check_auth(host: str, auth: str) -> None:
    """Check that not everybody in the network could read all tickets. Raises ConfigError."""
    if auth == "none" and not _is_loopback(host):
        raise ConfigError(
            f'Everybody who reaches {host} could read all tickets: [serve] has auth = "none".',
            next_step='Set auth = "token" or "proxy", or listen on 127.0.0.1.',
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(listener: socket.socket) -> str:
    """Return the URL at which a socket can be reached."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}/"


def fetch(url: str) -> tuple[int, int]:
    """Get a page of this machine; return the status and the number of bytes. Raises UsageError for an error."""
    response = httpx.get(url, trust_env=False, timeout=30)
    if response.is_error:
        raise UsageError(f"{url} answers {response.status_code}.", next_step="The log above has the cause.")
    return response.status_code, len(response.content)


def server_of(app: ASGIApp) -> uvicorn.Server:
    """Return the HTTP server of an application."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_SECONDS,
            proxy_headers=False,
            ws="none",
        )
    )


def serve(app: ASGIApp, listener: socket.socket, *, ready: Callable[[], None], once: bool = False) -> None:
    """Serve until a signal; `ready` is called, in a thread, when requests are answered. `once`: end after it."""
    server = server_of(app)

    async def run() -> None:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        if server.started:
            await asyncio.to_thread(ready)
            server.should_exit |= once
        await task

    with _signals_are_no_errors():
        asyncio.run(run())


@contextmanager
def _signals_are_no_errors() -> Iterator[None]:
    """Make SIGTERM and Ctrl-C the normal end: uvicorn raises them again once it has stopped."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
