"""Validates plugins: their version of the hooks, FEED, GEOCODER and hooks."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pluggy

from fleetfeed.feed import Feed
from fleetfeed.geo import Geocoder
from fleetfeed.hookspecs import API_VERSION, GROUP, Hooks
from fleetfeed.text.suggest import did_you_mean

REQUIRES = "FLEETFEED_API"
HOOKS = {
    name: list(inspect.signature(hook).parameters)[1:]
    for name, hook in vars(Hooks).items()
    if hasattr(hook, f"{GROUP}_spec")
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a plugin."""

    what: str
    file: str = ""  # or the origin of a plugin without a file
    line: int | None = None
    about: str = ""  # a constant of the file (FEED, GEOCODER, FLEETFEED_API), or `name`: that of the feed

    def __str__(self) -> str:
        """Return the message with its place."""
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.what}" if place else self.what


def other_version(path: Path) -> Iterator[Mistake]:
    """Yield a mistake if a file needs another version of the hooks; the file is not run, as imports may fail."""
    source = path.read_bytes()
    for node in ast.parse(source, str(path)).body if REQUIRES.encode() in source else ():
        match node:
            case ast.Assign([ast.Name(name)], ast.Constant(wanted)) | ast.AnnAssign(
                ast.Name(name), _, ast.Constant(wanted)
            ) if name == REQUIRES and _is_other(wanted):
                yield Mistake(_other_version(wanted), str(path), node.lineno)


def mistakes(name: str, module: object, where: str) -> Iterator[Mistake]:
    """Yield the mistakes of an imported plugin; `where` is its file or origin."""
    wanted = getattr(module, REQUIRES, API_VERSION)
    if _is_other(wanted):
        yield Mistake(_other_version(wanted), where, about=REQUIRES)
        return  # its hooks may be right for that version
    for constant, kind in (("FEED", Feed), ("GEOCODER", Geocoder)):
        found = getattr(module, constant, None)
        if found is not None and not isinstance(found, kind):
            what = f"{constant} is no fleetfeed.{kind.__name__}, but of type {type(found).__name__}"
            yield Mistake(what, where, about=constant)
    feed = getattr(module, "FEED", None)
    if isinstance(feed, Feed) and feed.name != name:
        what = f"it declares a feed {feed.name!r} under the name {name!r}: both need the same one"
        yield Mistake(what, where, about="name")
    yield from _hooks(name, module)


def _is_other(wanted: object) -> bool:
    return type(wanted) is not int or wanted != API_VERSION


def _other_version(wanted: object) -> str:
    if type(wanted) is not int:
        return f"{REQUIRES} is {wanted!r}, and no whole number"
    return f"it is written for version {wanted} of the hooks ({REQUIRES}); this fleetfeed has version {API_VERSION}"


def _hooks(name: str, module: object) -> Iterator[Mistake]:
    manager = pluggy.PluginManager(GROUP)  # without hookspecs it accepts all hooks
    manager.register(module, name)
    found = [(c.name, impl) for c in manager.get_hookcallers(module) or () for impl in c.get_hookimpls()]
    wrong = [Mistake(what, *_spot(impl.function)) for hook, impl in found for what in _wrong(hook, impl)]
    wrong += _unmarked(module)
    yield from wrong
    if not wrong:
        manager.add_hookspecs(Hooks)  # raises for anything else that pluggy rejects


def _unmarked(module: object) -> Iterator[Mistake]:
    for hook in HOOKS:
        function = getattr(module, hook, None)
        own = inspect.isfunction(function) and function.__module__ == getattr(module, "__name__", None)
        if own and not hasattr(function, f"{GROUP}_impl"):
            yield Mistake(f"`{hook}` is never called: it is not marked with @hookimpl", *_spot(function))


def _wrong(hook: str, impl: pluggy.HookImpl) -> Iterator[str]:
    if hook not in HOOKS:
        if not impl.optionalhook:
            yield f"there is no hook `{hook}`{did_you_mean(hook, HOOKS)}"
        return
    for argument in impl.argnames:
        if argument not in HOOKS[hook]:
            near = did_you_mean(argument, HOOKS[hook])
            yield f"`{hook}` has no argument `{argument}`{near} (it has {', '.join(HOOKS[hook])})"
    if impl.hookwrapper:
        yield f"`{hook}` is a wrapper of an older kind; use @hookimpl(wrapper=True), and return the answer"
    elif impl.wrapper != inspect.isgeneratorfunction(impl.function):
        yield f"`{hook}` is a wrapper that never yields" if impl.wrapper else f"`{hook}` yields, but is no wrapper"


def _spot(function: object) -> tuple[str, int]:
    code = inspect.unwrap(function).__code__  # type: ignore[arg-type]
    return code.co_filename, code.co_firstlineno
