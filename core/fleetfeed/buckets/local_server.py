"""A local S3 server for a folder, for `fleetfeed demo` and the tests."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from fleetfeed.errors import BucketError, UsageError
from fleetfeed.runtime.scratch import temporary
from fleetfeed.text.install import install

PATIENCE = 20  # seconds
DIRECT = build_opener(ProxyHandler({}))  # no proxy for the loopback


@dataclass(frozen=True)
class LocalS3:
    """The server's address and keys."""

    endpoint_url: str
    access_key: str
    secret_key: str


@contextmanager
def local_s3(folder: Path) -> Iterator[LocalS3]:
    """Serve a folder over S3 on the loopback; each folder in it is a bucket."""
    rclone = find_rclone()
    access_key, secret_key = secrets.token_hex(10).upper(), secrets.token_urlsafe(30)
    with tempfile.TemporaryDirectory(prefix="fleetfeed-s3-", dir=temporary()) as private:
        log = Path(private) / "log"
        with log.open("wb") as stream:
            process = _serve(rclone, folder, Path(private), f"{access_key},{secret_key}", stream.fileno())
        try:
            yield LocalS3(_wait_until_ready(process, log), access_key, secret_key)
        finally:
            _end(process)


def find_rclone() -> str:
    """Find rclone in this Python environment, or else on PATH. Raises UsageError."""
    # The wheel installs it beside this environment's python, which may not be on PATH.
    rclone = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")
    if rclone is None:
        raise UsageError("The local S3 server needs rclone.", next_step=f"Install it {install('demo')}")
    return rclone


def _serve(rclone: str, folder: Path, private: Path, key: str, log: int) -> subprocess.Popen[bytes]:
    # The key is passed in the environment, which other users cannot read. An empty RCLONE_CONFIG ignores the user's
    # configuration; no directory cache, so that new files in the folder are listed at once.
    return subprocess.Popen(  # noqa: S603  our own command line
        [rclone, "serve", "s3", "--addr", "127.0.0.1:0", "--dir-cache-time", "1ms", os.path.abspath(folder)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(private),
            "RCLONE_CACHE_DIR": str(private / "cache"),
            "RCLONE_CONFIG": "",
            "RCLONE_AUTH_KEY": f'"{key}"',
        },
    )


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        output = log.read_text(errors="replace")
        address = re.search(r"http://127\.0\.0\.1:\d+", output)
        if address and _answers(address[0]):
            return address[0]
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        break
    raise BucketError(f"The local S3 server did not start: {log.read_text(errors='replace').strip()[-500:]}")


def _answers(url: str) -> bool:
    try:
        with DIRECT.open(url, timeout=2):
            return True
    except HTTPError as error:  # it is up, and refuses the unsigned request
        error.close()
        return True
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
