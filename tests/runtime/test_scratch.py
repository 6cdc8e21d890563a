"""A run has a folder of its own, and what killed runs left goes away."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fleetfeed.errors import NoScratch
from fleetfeed.runtime.scratch import scratch

DIES = """
import os, signal
from fleetfeed.runtime.scratch import scratch
with scratch() as folder:
    (folder / "export").write_text("large")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_is_gone_at_the_end(temporary: Path) -> None:
    with scratch() as folder:
        (folder / "export").touch()
        assert folder.parent == temporary
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(temporary: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIES], check=False)
    (left,) = temporary.iterdir()
    with scratch() as folder:
        assert (done.returncode, list(temporary.iterdir())) == (-signal.SIGKILL, [folder])
    assert not left.exists()


def test_a_disk_that_is_full_is_reported_as_such(temporary: Path) -> None:
    with pytest.raises(NoScratch, match=f"{temporary} is full: No space left"), scratch():
        Path("/dev/full").write_text("large")
    with pytest.raises(NoScratch, match="cannot be read or written: No such file"), scratch() as folder:
        (folder / "export").read_text()
    with pytest.raises(NoScratch, match="cannot be read or written: Input/output error"), scratch():
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    with pytest.raises(FileNotFoundError), scratch():
        Path("/nowhere/export").read_text()


def test_a_folder_that_is_not_there_any_more_is_reported(temporary: Path) -> None:
    temporary.rmdir()
    with pytest.raises(NoScratch, match=f"No folder can be made in {temporary}: No such file"), scratch():
        pass


def test_what_another_run_is_using_is_left_alone(temporary: Path) -> None:
    with scratch() as one:
        (one / "export").write_text("large")
        with scratch() as other:
            assert sorted(temporary.iterdir()) == sorted([one, other])
        assert (one / "export").read_text() == "large"
