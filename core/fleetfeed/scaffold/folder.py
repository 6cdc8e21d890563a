"""Write the folder of a new feed, all or nothing. It overwrites nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from fleetfeed.errors import UsageError


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Create a folder with these files. Raises UsageError if it exists or cannot be written."""
    try:
        folder.parent.mkdir(exist_ok=True)
        folder.mkdir()
    except FileExistsError:
        raise UsageError(
            f"There is a {folder} already.", next_step="Choose another name, or move that away: nothing is overwritten."
        ) from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}.") from None
    try:
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except BaseException as error:  # also when interrupted: never leave half a feed behind
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise UsageError(f"{folder} cannot be written: {error.strerror}.") from None
        raise
