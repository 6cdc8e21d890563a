"""Wraps hooks of plugins, so that errors and invalid results name the plugin."""

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
    """The plugins of one feed's run; the core's own stages are not guarded, for speed."""

    def register(self, plugin: object, name: str | None = None) -> str | None:
        """Register a plugin, with a guard around each of its hooks."""
        name = super().register(plugin, name)
        for caller in (self.get_hookcallers(plugin) or ()) if name and not name.startswith("core.") else ():
            for impl in caller.get_hookimpls():
                if impl.plugin is plugin:
                    returns = bool(caller.spec and caller.spec.opts["firstresult"])
                    guard = _Guard(str(name), caller.name, impl.function, impl.wrapper, returns)
                    replace_function(impl, guard.call)
        return name


def replace_function(impl: pluggy.HookImpl, function: _Function) -> None:
    """Replace the function of a hook by one with the same arguments."""
    impl.function = function  # type: ignore[misc]  # declared final in pluggy, which offers no other way


@dataclass(frozen=True, slots=True)
class _Guard:
    """The guard of one hook of one plugin."""

    plugin: str
    hook: str
    function: _Function
    wraps: bool
    returns: bool  # False: a notification, whose results are ignored

    @property
    def call(self) -> _Function:
        """The function to call instead of the hook."""
        return self._wrapper if self.wraps else self._plain

    def _plain(self, *args: object, **kwargs: object) -> object:
        answer = self._run(partial(self.function, *args, **kwargs))
        self._check(answer)
        return answer

    def _wrapper(self, *args: object, **kwargs: object) -> Generator[None, object, object]:
        inner = self.function(*args, **kwargs)
        raised: BaseException | None = None
        try:
            self._run(partial(next, inner))
        except StopIteration:
            raise self._fault("never yields, though it is a wrapper") from None
        try:
            result = yield
        except BaseException as error:  # noqa: BLE001 (passed to the wrapper, which may handle it)
            result, raised = None, error
        go_on = partial(inner.throw, raised) if raised else partial(inner.send, result)
        try:
            self._run(go_on, raised)
        except StopIteration as done:
            if self.returns:
                self._check(done.value, needed=result is not None)
            return done.value
        raise self._fault("yields twice, though a wrapper has one inside")

    def _run(self, act: Callable[[], object], raised: BaseException | None = None) -> object:
        """Run a plugin's code; `raised` is an exception of other plugins, which it may raise again."""
        token = acting.set(self.plugin)
        try:
            return act()
        except BaseException as error:
            ended = self.wraps and isinstance(error, StopIteration)
            if error is raised or ended or from_outside(error) or self._may_raise(error):
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
