"""Refuse project files that other users own or can write, as git and ssh do: a project's code is run.

A project found by walking up from the current folder may belong to anyone. One that is named (--project,
FLEETFEED_PROJECT) may belong to other owners and groups, but must not be writable by everybody.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote

from fleetfeed.errors import ConfigError
from fleetfeed.text.escape import printable

_CODE = (".py", ".pyc", ".so")
_ROOT = 0


def check(paths: Iterable[Path], *, named: bool) -> None:
    """Check that no other user owns or can write these files, if they exist. Raises ConfigError."""
    for path in paths:
        try:
            found, is_read_only = path.stat(), os.statvfs(path).f_flag & os.ST_RDONLY
        except (OSError, ValueError):
            continue  # reported when it is read
        if not named and found.st_uid not in _trusted():
            _refuse(path, f"belongs to {_user(found.st_uid)}", f"chown -R {_user(os.geteuid())} {_shown(path)}")
        if is_read_only:
            continue
        if found.st_mode & stat.S_IWOTH:
            _refuse(path, "may be written by everybody", f"chmod o-w {_shown(path)}", always=True)
        if not named and found.st_mode & stat.S_IWGRP and not _is_private(found):
            _refuse(path, f"may be written by the group {_group(found.st_gid)}", f"chmod g-w {_shown(path)}")


def code_in(folder: Path) -> Iterator[Path]:
    """Yield a folder and all code in it that Python may run, following symbolic links."""
    yield folder
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        found = os.stat(place)
        if (found.st_dev, found.st_ino) in seen:  # a link to a parent folder
            folders.clear()
            continue
        seen.add((found.st_dev, found.st_ino))
        yield from (Path(place, name) for name in folders)
        yield from (Path(place, name) for name in files if name.endswith(_CODE))


def _trusted() -> set[int]:
    """Return the users whose code may run: root, the current user, and the one who called sudo."""
    me, caller = os.geteuid(), os.environ.get("SUDO_UID", "")
    return {_ROOT, me, *([int(caller)] if me == _ROOT and caller.isdecimal() else [])}


def _is_private(found: os.stat_result) -> bool:
    """Whether a file's group has no member but root and the owner, like the user groups of Debian."""
    if found.st_gid == _ROOT:
        return True
    owner = _user(found.st_uid)
    try:
        group = grp.getgrgid(found.st_gid)
    except KeyError:  # no names, as in some containers
        return (found.st_uid, found.st_gid) == (os.geteuid(), os.getegid())
    return group.gr_name == owner and not {*group.gr_mem} - {owner}


def _refuse(path: Path, what: str, command: str, *, always: bool = False) -> None:
    otherwise = "" if always else ", or name the project if you trust it: --project DIR or FLEETFEED_PROJECT"
    raise ConfigError(
        f"{_shown(path)} {what}, who could have {_user(os.geteuid())} run code.",
        next_step=f"Run `{command}`{otherwise}.",
    )


def _shown(path: Path) -> str:
    return printable(quote(str(path)))


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
