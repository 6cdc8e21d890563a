"""The embedded server's files, and the user it runs as."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import re
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fleetfeed.errors import DatabaseError, UsageError

TEMPORARY = Path("/tmp")  # noqa: S108  TMPDIR may be long, or closed to the server's user; our folders in it are private
FAR = Path("/var/lib/fleetfeed")
POINTER = "postgres-is-elsewhere.txt"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 100  # bytes: Linux takes 107, macOS 103


@dataclass(frozen=True)
class ServerUser:
    """The operating system user that PostgreSQL runs as, never root."""

    name: str
    uid: int
    gid: int

    def run(self, *command: str | Path, log: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        """Run a program of the server as this user, without the caller's environment, which may hold secrets."""
        paths = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        as_root = os.geteuid() == 0
        return subprocess.run(  # noqa: S603  (our own command lines)
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            errors="replace",
            cwd="/",  # the caller's folder may be closed to this user
            env={**paths, "LC_ALL": "C", "TZ": "UTC"},
            umask=0o077,
            user=self.uid if as_root else None,
            group=self.gid if as_root else None,
            extra_groups=[] if as_root else None,
        )


def server_user(data: Path) -> ServerUser:
    """Choose the server's user: the current one or, for root, the owner of the data. Raises UsageError."""
    try:
        if os.geteuid() != 0:
            return _user(pwd.getpwuid(os.geteuid()))
        if data.exists():
            return _user(pwd.getpwuid(data.stat().st_uid))
    except KeyError as error:
        raise UsageError(f"PostgreSQL needs a user with a name, and this one has none: {error}.") from error
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return _user(pwd.getpwnam(name))
    raise UsageError("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` here.")


def find_data(home: Path) -> Path:
    """Return the data folder of this home; it may not exist yet."""
    try:
        return Path((home / POINTER).read_text().splitlines()[0])
    except (FileNotFoundError, IndexError):
        return home / "postgres"


def place_data(home: Path) -> Path:
    """Choose the data folder: in `home`, unless the server's user cannot reach it. Raises DatabaseError."""
    data = find_data(home)
    user = server_user(data)
    if data.parent != home or os.geteuid() != 0 or _reaches(user, home):
        return data
    if data.exists():
        raise DatabaseError(
            f"The user {user.name} cannot reach {data} any more.",
            next_step="Let it pass through every folder above (`chmod o+x`), or move the project.",
        )
    name = next((part for part in reversed(home.parts) if not part.startswith(".")), "")
    far = FAR / f"{re.sub(r'[^A-Za-z0-9_-]', '', name)[:32] or 'project'}-{_digest(home)}"
    FAR.mkdir(mode=0o711, exist_ok=True)
    (home / POINTER).write_text(f"{far}\n(The server's user cannot reach this folder, so its data is there.)\n")
    return far


def home_folder(home: Path) -> None:
    """Create the server's home; the server's user must be able to pass through it."""
    home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def private_folder(folder: Path, user: ServerUser) -> Path:
    """Create a folder that only the server's user may enter, or check that it is one. Raises DatabaseError."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, user.uid, user.gid, follow_symlinks=False)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != user.uid or found.st_mode & 0o077:
        raise DatabaseError(
            f"{folder} is not a private folder of the user {user.name}.",
            next_step="Remove it or give it to that user alone, then run again.",
        )
    return folder


def socket_folder(data: Path) -> Path:
    """Return the folder of the socket: the data folder, or a short one if that path is too long for a socket."""
    return TEMPORARY / f"fleetfeed-{_digest(data)}" if len(os.fsencode(data / SOCKET)) > LONGEST_SOCKET else data


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the lock for starting and stopping the server of this home."""
    descriptor = open_own(home / "postgres.lock")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def open_own(path: Path) -> int:
    """Open a file of the home for appending; if root creates it, it belongs to the home's owner."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        os.fchown(descriptor, path.parent.stat().st_uid, -1)
    return descriptor


def _user(entry: pwd.struct_passwd) -> ServerUser:
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _reaches(user: ServerUser, folder: Path) -> bool:
    return user.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder).returncode == 0


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
