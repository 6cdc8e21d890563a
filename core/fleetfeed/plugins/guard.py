"""Calls the hooks of plugins so that each answers for itself: who raised, and who gave what is no answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pluggy

from fleetfeed.errors import FleetfeedError, PluginFault
from fleetfeed.feed.tracebacks import from_outside, place, reason
from fleetfeed.model import RowRejected
from fleetfeed.plugins.results import wrong
from fleetfeed.runtime.stdout import acting

_Function = Callable[..., Any]


class Manager(pluggy.PluginManager):
    """Hold the plugins of one feed's run; the core's stages are called as they are, and cost nothing more."""

    def register(self, plugin: object, name: str | None = None) -> str | None:
        """Register a plugin, each of its hooks inside a guard."""
        name = super().register(plugin, name)
        for caller in (self.get_hookcallers(plugin) or ()) if name and not name.startswith("core.") else ():
            for impl in caller.get_hookimpls():
                if impl.plugin is plugin:
                    asked = bool(caller.spec and caller.spec.opts["firstresult"])
                    guard = _Guard(str(name), caller.name, impl.function, impl.wrapper, asked)
                    put(impl, guard.call)
        return name


def put(impl: pluggy.HookImpl, function: _Function) -> None:
    """Have a function called in the place of a hook; it takes what the hook takes."""
    impl.function = function  # type: ignore[misc]  # final to pluggy, which has no other way in


@dataclass(frozen=True, slots=True)
class _Guard:
    """Stand around one hook of one plugin."""

    plugin: str
    hook: str
    function: _Function
    wraps: bool
    asked: bool  # False: the hook is told, and nobody reads what a wrapper makes of the answers of all

    @property
    def call(self) -> _Function:
        """What is called instead of the hook."""
        return self._wrapper if self.wraps else self._plain

    def _plain(self, *args: object, **kwargs: object) -> object:
        answer = self._do(partial(self.function, *args, **kwargs))
        self._check(answer)
        return answer

    def _wrapper(self, *args: object, **kwargs: object) -> Generator[None, object, object]:
        inner = self.function(*args, **kwargs)
        came: BaseException | None = None
        try:
            self._do(partial(next, inner))
        except StopIteration:
            raise self._fault("never yields, though it is a wrapper") from None
        try:
            result = yield
        except BaseException as error:  # noqa: BLE001 (of the others: the wrapper may do something about it)
            result, came = None, error
        go_on = partial(inner.throw, came) if came else partial(inner.send, result)
        try:
            self._do(go_on, came)
        except StopIteration as done:
            if self.asked:
                self._check(done.value, needed=result is not None)
            return done.value
        raise self._fault("yields twice, though a wrapper has one inside")

    def _do(self, act: Callable[[], object], came: BaseException | None = None) -> object:
        """Run a plugin's code; `came` is what others raised and it may hand on."""
        token = acting.set(self.plugin)
        try:
            return act()
        except BaseException as error:
            ended = self.wraps and isinstance(error, StopIteration)
            if error is came or ended or from_outside(error) or self._may_raise(error):
                raise
            home = Path(self._code.co_filename).parent
            raise self._fault(f"raised {reason(error)}", place(error, home)) from error
        finally:
            acting.reset(token)

    @property
    def _code(self) -> Any:
        return inspect.unwrap(self.function).__code__

    def _may_raise(self, error: BaseException) -> bool:
        if isinstance(error, RowRejected):
            texts = isinstance(error.reason, str) and error.reason.strip() and isinstance(error.detail, str)
            return self.hook == "feed_normalise" and bool(texts)
        return isinstance(error, FleetfeedError)

    def _check(self, answer: object, *, needed: bool = False) -> None:
        if why := wrong(self.hook, answer, needed=needed):
            raise self._fault(f"answered {why}", f"{self._code.co_filename}, line {self._code.co_firstlineno}")

    def _fault(self, what: str, where: str = "") -> PluginFault:
        return PluginFault(f"Plugin {self.plugin}: `{self.hook}` {what}{f' ({where})' if where else ''}.")
