"""Imports plugins, and lets nothing that one of them does at import stop, hide or drown anybody else."""

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
from fleetfeed.runtime.stdout import spoken


@dataclass(slots=True)
class Plugin:
    """Hold one plugin that was found; one with mistakes cannot be used, which stops only those who need it."""

    name: str
    origin: str
    module: object | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    shadows: str = ""
    cause: BaseException | None = None  # what it raised

    @property
    def error(self) -> str:
        """All its mistakes, one a line."""
        return "\n  ".join(map(str, self.mistakes))

    @property
    def feed(self) -> Feed | None:
        """The feed it declares, if it declares one."""
        found = getattr(self.module, "FEED", None)
        return found if isinstance(found, Feed) else None

    @property
    def hooks(self) -> list[str]:
        """Names of the hooks it implements."""
        return sorted(name for name in HOOKS if hasattr(getattr(self.module, name, None), f"{GROUP}_impl"))

    @property
    def folder(self) -> Path | None:
        """Where its files lie, its sample among them."""
        file = getattr(self.module, "__file__", None)
        return Path(file).parent if file else None


def load(candidate: Candidate) -> Plugin:
    """Import a plugin and look it over; what is wrong with it becomes its error."""
    plugin = Plugin(candidate.name, candidate.origin)
    if candidate.error:
        plugin.mistakes.append(Mistake(candidate.error))
        return plugin
    source, path = candidate.source, None
    try:
        with spoken(candidate.name):
            path = source if isinstance(source, Path) else _file_of(source)
            plugin.mistakes += other_version(path) if path else ()
            if not plugin.mistakes:
                module = _import_file(candidate.name, source) if isinstance(source, Path) else source.load()
                plugin.mistakes += mistakes(candidate.name, module, str(path or candidate.origin))
                plugin.module = module  # only now: nothing of it raises when it is looked at
    except BaseException as error:  # whatever a plugin does wrong must not stop the others
        if from_outside(error):
            raise
        home = _folder(source) if isinstance(source, Path) else path and path.parent
        file, line = spot(error, home)
        plugin.cause, plugin.mistakes = error, [Mistake(reason(error), file or str(path or plugin.origin), line)]
    return plugin


def forget(candidates: Iterable[Candidate]) -> None:
    """Forget what was imported from these folders before: what the files say now is what counts."""
    for folder in {_folder(found.source) for found in candidates if isinstance(found.source, Path)}:
        package = _package(folder)
        for name in [name for name in list(sys.modules) if name == package or name.startswith(f"{package}.")]:
            sys.modules.pop(name, None)  # another thread may forget the same
    importlib.invalidate_caches()  # a file may be younger than what Python knows of its folder


def _file_of(entry: EntryPoint) -> Path | None:
    """Find the file of an entry point's module; nothing is imported for it, as Python's own search would do."""
    top, *inner = entry.module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None or not inner:
        return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
    places = [Path(one, *inner) for one in spec.submodule_search_locations or ()]
    files = [file for one in places for file in (one / INIT, one.with_suffix(".py"))]
    return next(filter(Path.is_file, files), None)


def _import_file(name: str, path: Path) -> ModuleType:
    """Import a file by its path, under a name of its own: two projects in one process must not meet."""
    folder = _folder(path)
    package = ModuleType(_package(folder))  # the folder's plugins can share a module: `from .._shared import …`
    package.__path__ = [str(folder)]
    sys.modules.setdefault(package.__name__, package)
    # Compiled files would be taken for those of a source that was edited in the same second; and nothing is written
    # into a project's folder that nobody asked for.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module(f"{package.__name__}.{name}")
    finally:
        sys.dont_write_bytecode = before


def _folder(path: Path) -> Path:
    return path.parent.parent if path.name == INIT else path.parent


def _package(folder: Path) -> str:
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]  # hash() differs from one process to the next
    return f"fleetfeed_plugin_{digest}"
