"""Finds possible plugins in folders and entry points, without importing them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from fleetfeed.feed.names import NAME
from fleetfeed.hookspecs import GROUP
from fleetfeed.text.escape import printable

INIT = "__init__.py"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible plugin and its location; `error` is set if it cannot be imported."""

    name: str
    origin: str  # for messages
    source: Path | EntryPoint
    error: str = ""


def same_files(one: Candidate, other: Candidate) -> bool:
    """Whether two plugins consist of the same files, byte for byte."""
    try:
        return one == other or _files(one) == _files(other)
    except OSError:
        return False


def in_folder(folder: Path) -> Iterator[Candidate]:
    """Yield the plugins in a folder, which may be a plugin itself; nothing if it does not exist."""
    if os.path.lexists(folder / INIT):
        yield _candidate(folder.name, str(folder), folder / INIT)
        return
    for name in sorted(os.listdir(folder)) if folder.is_dir() else ():
        if not name.startswith(("_", ".")):
            yield from _at(folder / name)


def installed() -> Iterator[Candidate]:
    """Yield the entry points of installed packages."""
    for entry in entry_points(group=GROUP):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown"
        yield _candidate(entry.name, f"package {package}, entry point {entry.value}", entry)


def _at(path: Path) -> Iterator[Candidate]:
    if path.is_symlink() and not os.path.exists(path) and path.suffix in ("", ".py"):
        yield _broken(path, f"a link to {os.readlink(path)}, which is not there")
    elif os.path.isdir(path):
        yield from _package(path)
    elif path.suffix == ".py" and os.path.isfile(path):
        yield _candidate(path.stem, str(path), path)
    elif path.suffix == ".py":
        yield _broken(path, "neither a file nor a folder")


def _package(folder: Path) -> Iterator[Candidate]:
    try:
        inside = os.listdir(folder)
    except OSError as error:
        yield _broken(folder, f"a folder that cannot be read: {_reason(error)}")
        return
    code = sorted(name for name in inside if name.endswith(".py"))
    if INIT in inside:
        yield _candidate(folder.name, str(folder), folder / INIT)
    elif code:  # a folder without any code is no plugin
        yield _broken(folder, f"a folder without {INIT} (it has {', '.join(code[:3])}), so it cannot be imported")


def _files(candidate: Candidate) -> dict[str, bytes]:
    """Read all files of a plugin, except hidden and compiled ones."""
    source = candidate.source
    if not isinstance(source, Path) or source.name != INIT:
        return {INIT: source.read_bytes()} if isinstance(source, Path) else {}
    inside = {path.relative_to(source.parent): path for path in source.parent.rglob("*") if path.is_file()}
    return {
        place.as_posix(): path.read_bytes()
        for place, path in inside.items()
        if not any(part == "__pycache__" or part.startswith(".") for part in place.parts)
    }


def _broken(path: Path, what: str) -> Candidate:
    return _candidate(path.stem if path.suffix == ".py" else path.name, str(path), path, f"{path} is {what}")


def _candidate(name: str, origin: str, source: Path | EntryPoint, error: str = "") -> Candidate:
    origin = printable(origin)
    if not error and not NAME.fullmatch(name):
        possible = re.sub(r"\W", "_", name.lower()).strip("_")[:31]
        hint = f"; {possible!r} would be one" if NAME.fullmatch(possible) else ""
        error = f"{origin}: {name!r} is no name for a plugin (small letters, digits and _{hint})"
    return Candidate(name, origin, source, printable(error))


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
