"""Tells every hook call of a run: feed, hook, arguments, who answered what, and how long that took."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import FleetfeedError
from fleetfeed.plugins.blame import reason
from fleetfeed.plugins.isolation import put
from fleetfeed.plugins.shortly import shortly

if TYPE_CHECKING:
    import pluggy

FIRST = 3  # calls of a hook that is called for each row or place are told one by one; the others are counted
_MANY = ("feed_filter", "feed_normalise", "geocode")


@dataclass(slots=True)
class _Count:
    """Add up the calls of one hook."""

    calls: int = 0
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)


class Trace:
    """Listen to the hook calls of any number of feeds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self._counts, self._lock = say, dict[tuple[str, str], _Count](), threading.Lock()
        self._here = threading.local()  # calls that are at work: one hook calls another, and geocoders have threads

    def attach(self, manager: pluggy.PluginManager, feed: str) -> None:
        """Listen to all calls of a feed's manager from now on."""

        def before(hook: str, impls: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]) -> None:
            self._open.append(([], perf_counter()))

        def after(
            outcome: pluggy.Result[Any], hook: str, impls: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]
        ) -> None:
            said, began = self._open.pop()
            asked = [impl.plugin_name for impl in reversed(impls)]
            self._note(feed, hook, arguments, _answer(outcome, said, asked), perf_counter() - began)

        manager.add_hookcall_monitoring(before, after)
        for plugin in manager.get_plugins():
            for caller in manager.get_hookcallers(plugin) or ():
                for impl in caller.get_hookimpls():
                    if impl.plugin is plugin:
                        put(impl, self._noting(impl))

    def tell(self) -> None:
        """Tell the calls that were only counted, and begin anew."""
        for (feed, hook), count in self._counts.items():
            if hook in _MANY and count.calls > FIRST:
                answers = ", ".join(f"{who} {number:,}" for who, number in count.answers.most_common())
                self._say(f"trace {feed} {hook}: {count.calls:,} calls, {count.seconds:.3f} s: {answers}")
        self._counts.clear()

    @property
    def _open(self) -> list[tuple[list[tuple[str, object]], float]]:
        if not hasattr(self._here, "open"):
            self._here.open = []
        found: list[tuple[list[tuple[str, object]], float]] = self._here.open
        return found

    def _noting(self, impl: pluggy.HookImpl) -> Callable[..., Any]:
        """Have a hook note what it answered, in the call that is at work."""
        function: Callable[..., Any] = impl.function

        def plain(*args: object, **kwargs: object) -> object:
            answer = function(*args, **kwargs)
            if answer is not None:
                self._open[-1][0].append((impl.plugin_name, answer))
            return answer

        def wrapper(*args: object, **kwargs: object) -> Generator[None, object, object]:
            answer = yield from function(*args, **kwargs)
            self._open[-1][0].append((f"{impl.plugin_name} (wrapper)", answer))
            return answer

        return wrapper if impl.wrapper else plain

    def _note(self, feed: str, hook: str, arguments: Mapping[str, Any], answer: tuple[str, str], took: float) -> None:
        who, told = answer
        with self._lock:
            count = self._counts.setdefault((feed, hook), _Count())
            count.calls += 1
            count.seconds += took
            count.answers[who] += 1
        if hook in _MANY and count.calls > FIRST:
            return
        given = ", ".join(f"{name}={shortly(value)}" for name, value in arguments.items() if name != "feed")
        self._say(f"trace {feed} {hook}({given}): {told}, {took * 1000:.2f} ms")


def _answer(outcome: pluggy.Result[Any], said: Sequence[tuple[str, object]], asked: Sequence[str]) -> tuple[str, str]:
    """Tell who answered, for counting, and what everyone said."""
    each = [f"{who}: {shortly(what)}" for who, what in said]
    if (error := outcome.exception) is not None:
        told = error.cause if isinstance(error, FleetfeedError) else reason(error)
        return f"raised {type(error).__name__}", "; ".join([*each, f"raised {told}"])
    if said:
        return " → ".join(who for who, _ in said), "; ".join(each)
    if isinstance(outcome.get_result(), list):  # a hook that is not asked, but told
        return "heard", f"heard by {', '.join(asked)}"
    return "None", f"None of {', '.join(asked)}"
