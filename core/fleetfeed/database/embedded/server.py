"""The embedded server: the machine's own PostgreSQL and PostGIS, on a private Unix socket."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from fleetfeed.database.embedded import files
from fleetfeed.database.embedded.postmaster import Postmaster, disarm_stale_locks, find_postmaster
from fleetfeed.database.embedded.programs import Programs, find_programs
from fleetfeed.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg.sql import Composed

    from fleetfeed.database.embedded.files import ServerUser

SUPERUSER = "fleetfeed"
PATIENCE = 120  # seconds; recovery after a crash is part of a start
ORPHANS = 10  # seconds for the backends of a killed server to notice


class EmbeddedServer:
    """A project's own PostgreSQL server, started on demand."""

    def __init__(self, home: Path, *, fsync: bool = True, bindirs: Sequence[Path] | None = None) -> None:
        self.home = Path(os.path.abspath(home))
        self.log = self.home / "postgres.log"
        self._fsync = fsync
        self._bindirs = bindirs

    @property
    def data(self) -> Path:
        """The data folder."""
        return files.find_data(self.home)

    @property
    def version(self) -> str:
        """The major version of the data; empty before the first start."""
        with suppress(FileNotFoundError):
            return (self.data / "PG_VERSION").read_text().strip()
        return ""

    @property
    def pid(self) -> int | None:
        """The process of the running server."""
        running = find_postmaster(self.data)
        return running.pid if running else None

    def start(self) -> str:
        """Start the server if needed, and return the URL of its database `postgres`."""
        running = find_postmaster(self.data)
        if running is None or not running.ready:
            files.home_folder(self.home)
            with files.locked(self.home):
                if not self._wait_until_ready():
                    self._launch()
        return self.url("postgres")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server if it runs."""
        if self.pid is None:
            return
        with files.locked(self.home):
            if self.pid is None:
                return
            done = self._pg_ctl("stop", "-m", mode)
            if done:
                raise DatabaseError(f"The embedded PostgreSQL did not stop: {done}", next_step=f"Its log: {self.log}")
            with suppress(OSError):  # not empty: it is the data folder
                files.socket_folder(self.data).rmdir()

    def url(self, database: str) -> str:
        """Return the URL of a database; complete, so that the caller's PG* variables have no effect."""
        data = self.data
        sockets = files.socket_folder(data)
        # requirepeer: refuse to connect unless the server's user owns the data.
        return (
            f"postgresql:///{quote(database, safe='')}?host={quote(str(sockets))}&port=5432&user={SUPERUSER}"
            f"&requirepeer={quote(files.server_user(data).name)}&channel_binding=disable&hostaddr=&options="
        )

    def create_database(self, name: str) -> str:
        """Create a database if missing, and return its URL."""
        from psycopg import errors, sql

        # template0: a connection to template1 would make the copy fail.
        with suppress(errors.DuplicateDatabase):
            self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending connections to it."""
        from psycopg import sql

        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: Composed) -> None:
        import psycopg

        with psycopg.connect(self.start(), autocommit=True) as connection:
            connection.execute(statement)

    def _wait_until_ready(self) -> Postmaster | None:
        """Wait for a server that is starting or stopping; None if it has stopped. Raises DatabaseError."""
        deadline = time.monotonic() + PATIENCE
        while (running := find_postmaster(self.data)) and not running.ready:
            if time.monotonic() > deadline:
                raise DatabaseError(f"The embedded PostgreSQL is still {running.state}.", next_step=f"Log: {self.log}")
            time.sleep(0.05)
        return running

    def _launch(self) -> None:
        data = files.place_data(self.home)
        user = files.server_user(data)
        if not data.exists():
            _initialise(data, user, find_programs(user, bindirs=self._bindirs), fsync=self._fsync)
        sockets = files.private_folder(files.socket_folder(data), user)
        disarm_stale_locks(data)
        settings = self._settings(sockets, find_programs(user, int(self.version), self._bindirs).postgis)
        deadline = time.monotonic() + ORPHANS
        while failed := self._pg_ctl("start", "-o", settings):
            if "shared memory block" not in failed or time.monotonic() > deadline:
                raise DatabaseError(
                    f"The embedded PostgreSQL did not start: {failed}", next_step=f"Its log: {self.log}"
                )
            time.sleep(0.2)

    def _settings(self, sockets: Path, postgis: str) -> str:
        """Return the settings as command-line options, which override every file and ALTER SYSTEM."""
        escaped = str(sockets).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": f'"{escaped}"',
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "log_destination": "stderr",
            "shared_preload_libraries": postgis,  # else each connection that reads a geometry takes 12 ms to load it
        }
        if not self._fsync:
            settings |= {"fsync": "off", "full_page_writes": "off"}  # commits still survive a killed server
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _pg_ctl(self, action: str, *options: str) -> str:
        """Run pg_ctl; return the last lines of the log if it failed, or ""."""
        data = self.data
        user = files.server_user(data)
        programs = find_programs(user, int(self.version), self._bindirs)
        log = files.open_own(self.log)
        try:
            before = os.fstat(log).st_size
            patience = ("-s", "-w", "-t", str(PATIENCE))
            done = user.run(programs.bindir / "pg_ctl", action, "-D", data, *patience, *options, log=log)
            if done.returncode == 0:
                return ""
            lines = os.pread(log, 1_000_000, before).decode(errors="replace").splitlines()
            return " / ".join(line.strip() for line in lines[-5:]) or f"pg_ctl ended with {done.returncode}"
        finally:
            os.close(log)


@contextmanager
def throwaway_server(*, fsync: bool = False, within: Path = files.TEMPORARY) -> Iterator[EmbeddedServer]:
    """Run a temporary server; its files are deleted at the end."""
    home = Path(tempfile.mkdtemp(prefix="fleetfeed-", dir=within))
    home.chmod(0o711)  # the server's user passes through it; others would have to guess its random name
    server = EmbeddedServer(home, fsync=fsync)
    try:
        server.start()
        yield server
    finally:
        server.stop("immediate")
        shutil.rmtree(home)


def _initialise(data: Path, user: ServerUser, programs: Programs, *, fsync: bool) -> None:
    unfinished = data.with_name(f"{data.name}.new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    files.private_folder(unfinished, user)
    options = ["--username", SUPERUSER, "--encoding", "UTF8", "--auth-local=peer", "--auth-host=reject"]
    options += _locale(programs.major) + ([] if fsync else ["--no-sync"])
    done = user.run(programs.bindir / "initdb", "-D", unfinished, "--no-instructions", *options)
    if done.returncode:
        raise DatabaseError(f"initdb failed: {' / '.join(done.stdout.splitlines()[-5:])}")
    # Two users may log in as superuser: the server's own, and root, who could become that user anyway.
    (unfinished / "pg_hba.conf").write_text("local all all peer map=fleetfeed\n")
    (unfinished / "pg_ident.conf").write_text(
        "".join(f'fleetfeed "{name}" {SUPERUSER}\n' for name in dict.fromkeys((user.name, "root")))
    )
    unfinished.rename(data)


def _locale(major: int) -> list[str]:
    """Return initdb's options to sort by code point, with Unicode case rules, the same on every machine."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if sys.platform == "darwin":  # its C library has no C.UTF-8
        return ["--locale=C", "--lc-ctype=en_US.UTF-8"]
    return ["--locale=C.UTF-8"]
