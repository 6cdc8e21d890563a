"""Real servers for tests. Those for S3 differ as stores do: in how they quote ETags, cut times and check signatures."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, cast

import botocore.session
import psycopg
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from psycopg import sql
from werkzeug.serving import WSGIRequestHandler, make_server

from fleetfeed.buckets.local_server import local_s3
from fleetfeed.database.embedded.files import TEMPORARY
from fleetfeed.database.embedded.server import EmbeddedServer, throwaway_server

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


_MEMORY = Path("/dev/shm")  # noqa: S108  the server's folder in it is private
_ROOM = 8 * 2**30  # bytes, for the servers of all workers
_COPY = " STRATEGY FILE_COPY"  # three times as fast where no checkpoint has to reach the disk
_numbers = count(1)


@contextmanager
def postgres() -> Iterator[EmbeddedServer]:
    """Run a server whose files lie in memory, if that has room: a new database takes a tenth of the time there."""
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with throwaway_server(within=_MEMORY if in_memory else TEMPORARY) as server:
        yield server


@dataclass(frozen=True)
class Server:
    """A server in which tests make databases."""

    url: str
    connection: psycopg.Connection

    @contextmanager
    def database(self, template: str | None) -> Iterator[str]:
        """Make a database, and drop it at the end: a thousand of them take long to delete."""
        number, known = next(_numbers), self.connection.info
        name = f"fleetfeed_test_{os.getpid()}_{number}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        self.connection.execute(create + sql.SQL(_COPY if known.server_version >= 150000 else ""))
        admin = f"/{known.dbname}"
        yield self.url.replace(admin, f"/{name}", 1) if admin in self.url else f"{self.url} dbname={name}"
        self.connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class S3Endpoint:
    """How to reach a server."""

    url: str
    access_key: str
    secret_key: str

    def client(self) -> S3Client:
        """Make a plain client, for what a test puts there and looks at."""
        client = botocore.session.get_session().create_client(
            "s3",
            "us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )
        return cast("S3Client", client)


@contextmanager
def rclone_s3(folder: Path) -> Iterator[S3Endpoint]:
    """Serve a folder with rclone: each folder in it is a bucket. It checks signatures and lists ETags unquoted."""
    with local_s3(folder) as server:
        yield S3Endpoint(server.endpoint_url, server.access_key, server.secret_key)


@contextmanager
def moto_s3() -> Iterator[S3Endpoint]:
    """Serve moto's buckets, which all of this process share. It accepts any key and lists ETags quoted."""
    app = DomainDispatcherApplication(create_backend_app)
    with make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield S3Endpoint(f"http://127.0.0.1:{server.port}", "made-up-access-key", "made-up-secret-key")
        finally:
            server.shutdown()
            thread.join()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        pass
