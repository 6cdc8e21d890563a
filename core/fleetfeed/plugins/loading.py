"""Imports plugins; failures and output of one at import do not affect the others."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

from fleetfeed.feed import Feed
from fleetfeed.feed.tracebacks import from_outside, reason, spot
from fleetfeed.hookspecs import GROUP
from fleetfeed.plugins.discovery import INIT, Candidate
from fleetfeed.plugins.validation import HOOKS, Mistake, mistakes, other_version
from fleetfeed.runtime.stdout import plugin_output


@dataclass(slots=True)
class Plugin:
    """One plugin; with mistakes it cannot be used, which affects only the feeds that need it."""

    name: str
    origin: str
    module: object | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    shadows: str = ""
    cause: BaseException | None = None  # the exception it raised

    @property
    def error(self) -> str:
        """All its mistakes, one per line."""
        return "\n  ".join(map(str, self.mistakes))

    @property
    def feed(self) -> Feed | None:
        """The feed it declares, if any."""
        found = getattr(self.module, "FEED", None)
        return found if isinstance(found, Feed) else None

    @property
    def hooks(self) -> list[str]:
        """The names of the hooks it implements."""
        return sorted(name for name in HOOKS if hasattr(getattr(self.module, name, None), f"{GROUP}_impl"))

    @property
    def folder(self) -> Path | None:
        """The folder of its files, including its sample."""
        file = getattr(self.module, "__file__", None)
        return Path(file).parent if file else None


def load(candidate: Candidate) -> Plugin:
    """Import and validate a plugin; its errors are returned as mistakes."""
    plugin = Plugin(candidate.name, candidate.origin)
    if candidate.error:
        plugin.mistakes.append(Mistake(candidate.error))
        return plugin
    source, path = candidate.source, None
    try:
        with plugin_output(candidate.name):
            path = source if isinstance(source, Path) else _file_of(source)
            plugin.mistakes += other_version(path) if path else ()
            if not plugin.mistakes:
                module = _import_file(candidate.name, source) if isinstance(source, Path) else source.load()
                plugin.mistakes += mistakes(candidate.name, module, str(path or candidate.origin))
                plugin.module = module  # only now: a valid module raises nothing when its attributes are read
    except BaseException as error:  # no error of a plugin may stop the others
        if from_outside(error):
            raise
        home = _folder(source) if isinstance(source, Path) else path and path.parent
        file, line = spot(error, home)
        plugin.cause, plugin.mistakes = error, [Mistake(reason(error), file or str(path or plugin.origin), line)]
    return plugin


def forget(candidates: Iterable[Candidate]) -> None:
    """Remove earlier imports from these folders, so that changed files are read again."""
    for folder in {_folder(found.source) for found in candidates if isinstance(found.source, Path)}:
        package = _package(folder)
        for name in [name for name in list(sys.modules) if name == package or name.startswith(f"{package}.")]:
            sys.modules.pop(name, None)  # another thread may do the same
    importlib.invalidate_caches()  # a file may be newer than Python's cache of its folder


def _file_of(entry: EntryPoint) -> Path | None:
    """Find the file of an entry point's module; unlike find_spec(), without importing its packages."""
    top, *inner = entry.module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not inner:
        return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
    places = [Path(one, *inner) for one in spec.submodule_search_locations or ()]
    files = [file for one in places for file in (one / INIT, one.with_suffix(".py"))]
    return next(filter(Path.is_file, files), None)


def _import_file(name: str, path: Path) -> ModuleType:
    """Import a file by its path, under a unique name: two projects in one process must not share modules."""
    folder = _folder(path)
    package = ModuleType(_package(folder))  # the folder's plugins can share a module: `from .._shared import …`
    package.__path__ = [str(folder)]
    sys.modules.setdefault(package.__name__, package)
    # No compiled files: they could be stale after an edit within the same second, and they do not belong in a
    # project's folder.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module(f"{package.__name__}.{name}")
    finally:
        sys.dont_write_bytecode = before


def _folder(path: Path) -> Path:
    return path.parent.parent if path.name == INIT else path.parent


def _package(folder: Path) -> str:
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]  # hash() differs between processes
    return f"fleetfeed_plugin_{digest}"
