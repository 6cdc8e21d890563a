"""A temporary folder for one run, and cleanup of those that killed runs left."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fleetfeed.errors import NoScratch

_PREFIX = "fleetfeed-run-"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def temporary() -> Path:
    """Return the folder for temporary files. Raises NoScratch if none is writable."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:  # Python has tried TMPDIR, the usual places, and the current folder
        raise NoScratch(f"No folder for temporary files can be written: {error.strerror}.") from error


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder that is removed at the end. Those of killed runs are removed first, as exports are large."""
    home = temporary()
    for left in home.glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    try:
        folder, lock = _make(home)
    except OSError as error:
        raise NoScratch(f"No folder can be made in {home}: {error.strerror}.") from error
    try:
        yield folder
    except OSError as error:
        if error.errno in _FULL:
            raise NoScratch(f"{home} is full: {error.strerror}.") from error
        if error.errno == errno.EIO or (error.filename and Path(str(error.filename)).is_relative_to(folder)):
            raise NoScratch(f"{home} cannot be read or written: {error.strerror}.") from error
        raise
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def _make(home: Path) -> tuple[Path, int]:
    """Make a folder and lock it; retry if another run removed it in between."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
        with suppress(FileNotFoundError, BlockingIOError):
            lock = _locked(folder)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder that no process has locked; keep those of other users."""
    with suppress(OSError):
        lock = _locked(folder)
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                shutil.rmtree(folder)
        finally:
            os.close(lock)


def _locked(folder: Path) -> int:
    """Lock a folder. Raises BlockingIOError if another process has the lock."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
