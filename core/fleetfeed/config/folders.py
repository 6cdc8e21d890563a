"""The folders named in `[project] plugins`."""

from __future__ import annotations

import os
from pathlib import Path

from fleetfeed.text.escape import printable

DEFAULTS = ("feeds", "geocoders", "positions")  # these need not exist


def place(project: Path, named: str) -> Path:
    """Return the path of a folder named in `[project] plugins`: beside fleetfeed.toml, absolute, or in a home (`~`)."""
    return project / os.path.expanduser(named)


def unreadable(project: Path, named: str) -> str:
    """Return why a folder named in `[project] plugins` cannot be searched; empty if it can."""
    path = place(project, named)
    try:
        os.listdir(path)
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and named in DEFAULTS and not path.is_symlink():
            return ""
        there = (
            "is not a folder"
            if isinstance(error, NotADirectoryError)
            else f"cannot be read: {getattr(error, 'strerror', None) or error}"
        )
        why = "does not exist" if isinstance(error, FileNotFoundError) else there
        return printable(f'[project] plugins names "{named}", but {path} {why}')
    return ""
