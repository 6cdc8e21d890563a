"""A folder for the files of one run, and an end to what killed runs left of theirs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "fleetfeed-run-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is removed at the end. Those of killed runs are removed first: an export is large."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    folder, lock = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def _make() -> tuple[Path, int]:
    """Make a folder and lock it; between the two another run may have taken it for one that was left."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError, BlockingIOError):
            lock = _locked(folder)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder whose process is gone: its lock went with it. What is somebody else's is left alone."""
    with suppress(OSError):
        lock = _locked(folder)
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                shutil.rmtree(folder)
        finally:
            os.close(lock)


def _locked(folder: Path) -> int:
    """Lock a folder. Raises BlockingIOError where somebody has it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
