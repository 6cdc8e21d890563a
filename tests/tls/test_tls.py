"""Database and store over TLS: a private authority is named, and a server without its certificate gets nothing."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from psycopg.conninfo import conninfo_to_dict
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.cli.site import Site
from tests.kit import ticket
from tests.serving import serving
from tests.tls.conftest import Certificate

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


class _Front(socketserver.ThreadingTCPServer):
    """Speak TLS as PostgreSQL does, before a server that is reached by its socket."""

    daemon_threads = True

    def __init__(self, target: dict[str, str], context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Client)
        self.target, self.context = target, context
        self.server_port = cast("tuple[str, int]", self.server_address)[1]

    def dial(self) -> socket.socket:
        host, port = self.target["host"], self.target.get("port", "5432")
        made = socket.socket(socket.AF_UNIX if host.startswith("/") else socket.AF_INET)
        made.connect(f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, int(port)))
        return made


class _Client(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        front = cast("_Front", self.server)
        if self.request.recv(8, socket.MSG_WAITALL) != SSL_REQUEST:
            return
        self.request.sendall(b"S")
        with suppress(OSError), front.context.wrap_socket(self.request, server_side=True) as talk, front.dial() as up:
            back = threading.Thread(target=_pass, args=(up, talk), daemon=True)
            back.start()
            _pass(talk, up)
            back.join(5)


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def database(site: Site, certificate: Certificate) -> Iterator[str]:
    """Give the URL of the site's database over TLS; what is to be checked is for the test to add."""
    target = {name: str(value) for name, value in conninfo_to_dict(site.url).items()}
    front = _Front(target, certificate.context)
    with serving(front):
        yield f"postgresql://{target['user']}@127.0.0.1:{front.server_port}/{target['dbname']}?channel_binding=disable"


@pytest.fixture
def store(certificate: Certificate) -> Iterator[str]:
    """Give the address of a store over TLS."""
    app = DomainDispatcherApplication(create_backend_app)
    quiet = type("Quiet", (WSGIRequestHandler,), {"log": lambda *_: None})
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=quiet, ssl_context=certificate.context)
    with serving(server):
        yield f"https://127.0.0.1:{server.port}"


def test_a_database_is_checked_as_its_url_says(site: Site, database: str, certificate: Certificate) -> None:
    site.put([ticket("T1")])
    checked = f"{database}&sslmode=verify-full&sslrootcert={certificate.file}"
    assert site("run", "inc", "--apply", DATABASE_URL=checked).code == 0
    assert site.tickets() == {"T1": "open"}


def test_a_database_is_checked_as_libpqs_variables_say(site: Site, database: str, certificate: Certificate) -> None:
    env = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(certificate.file)}
    assert site("run", "inc", DATABASE_URL=database, **env).code == 0


def test_a_database_that_nobody_vouches_for_is_reported_nothing(site: Site, database: str) -> None:
    refused = site("run", "inc", DATABASE_URL=f"{database}&sslmode=verify-full&sslrootcert=system")
    assert refused.code == 1
    assert "certificate verify failed" in refused.err
    assert "sslrootcert=FILE" in refused.err


def test_a_store_is_trusted_by_the_authority_that_is_named(site: Site, store: str, certificate: Certificate) -> None:
    env = {"RUSTFS_ENDPOINT": store, "RUSTFS_BUCKET": "over-tls", "AWS_CA_BUNDLE": str(certificate.file)}
    refused = site("run", "inc", **env)
    assert "there is no such bucket" in refused.err  # it was asked, and answered


def test_a_store_that_nobody_vouches_for_is_reported_nothing(site: Site, store: str) -> None:
    for command in (("run", "inc"), ("doctor",)):
        refused = site(*command, RUSTFS_ENDPOINT=store)
        assert refused.code == 1
        assert "the certificate of the store is not trusted" in refused.err + refused.out
        assert "AWS_CA_BUNDLE names a certificate authority of your own" in refused.err + refused.out
