"""The folders that `[project] plugins` names."""

from __future__ import annotations

import os
from pathlib import Path

from fleetfeed.text.escape import printable

DEFAULTS = ("feeds", "geocoders")  # a project need not have them: as long as nothing is dropped in, nothing is missing


def place(project: Path, named: str) -> Path:
    """Tell which folder `[project] plugins` names: beside fleetfeed.toml, absolute, or in a home (`~`)."""
    return project / os.path.expanduser(named)


def unreadable(project: Path, named: str) -> str:
    """Say why a folder that `[project] plugins` names cannot be searched; empty where it can."""
    path = place(project, named)
    try:
        os.listdir(path)
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and named in DEFAULTS and not path.is_symlink():
            return ""
        there = (
            "is no folder"
            if isinstance(error, NotADirectoryError)
            else f"cannot be read: {getattr(error, 'strerror', None) or error}"
        )
        why = "does not exist" if isinstance(error, FileNotFoundError) else there
        return printable(f'[project] plugins names "{named}", but {path} {why}')
    return ""
