"""Prints every hook call of a run: feed, hook, arguments, results by plugin, duration."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from time import perf_counter
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import FleetfeedError
from fleetfeed.feed.tracebacks import reason
from fleetfeed.geo import GeocodeQuery, GeocodeResult
from fleetfeed.model import Changes, Row, RunReport, Snapshot, Ticket
from fleetfeed.plugins.guard import replace_function

if TYPE_CHECKING:
    import pluggy

FIRST = 3  # calls to print of hooks that are called per row or place; the others are counted
_LONGEST = 60  # characters of a value
_MANY = ("feed_filter", "feed_normalise", "geocode")


@dataclass(slots=True)
class _Count:
    """Totals of one hook."""

    calls: int = 0
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)


class Trace:
    """Prints the hook calls of any number of feeds."""

    def __init__(self, print_line: Callable[[str], None]) -> None:
        self._print, self._counts, self._lock = print_line, dict[tuple[str, str], _Count](), threading.Lock()
        self._here = threading.local()  # running calls: hooks may call others, and geocoders run in threads

    def rows(self, feed: str, why_by_row: str) -> None:
        """Print which way the rows of a large load go without a trace."""
        way = f"by Python, as {why_by_row}" if why_by_row else "by SQL"
        self._print(f"trace {feed} rows: by Python, for the trace; without it {way}")

    def attach(self, manager: pluggy.PluginManager, feed: str) -> None:
        """Print all calls of a feed's manager from now on."""

        def before(hook: str, impls: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]) -> None:
            self._open.append(([], perf_counter()))

        def after(
            outcome: pluggy.Result[Any], hook: str, impls: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]
        ) -> None:
            results, began = self._open.pop()
            asked = [impl.plugin_name for impl in reversed(impls)]
            self._record(feed, hook, arguments, _answer(outcome, results, asked), perf_counter() - began)

        manager.add_hookcall_monitoring(before, after)
        for plugin in manager.get_plugins():
            for caller in manager.get_hookcallers(plugin) or ():
                for impl in caller.get_hookimpls():
                    if impl.plugin is plugin:
                        replace_function(impl, self._recording(impl))

    def summarise(self) -> None:
        """Print the totals of calls that were only counted, and reset them."""
        for (feed, hook), count in self._counts.items():
            if hook in _MANY and count.calls > FIRST:
                answers = ", ".join(f"{who} {number:,}" for who, number in count.answers.most_common())
                self._print(f"trace {feed} {hook}: {count.calls:,} calls, {count.seconds:.3f} s: {answers}")
        self._counts.clear()

    @property
    def _open(self) -> list[tuple[list[tuple[str, object]], float]]:
        if not hasattr(self._here, "open"):
            self._here.open = []
        found: list[tuple[list[tuple[str, object]], float]] = self._here.open
        return found

    def _recording(self, impl: pluggy.HookImpl) -> Callable[..., Any]:
        """Wrap a hook's function so that its result is recorded in the running call."""
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

    def _record(self, feed: str, hook: str, arguments: Mapping[str, Any], answer: tuple[str, str], took: float) -> None:
        who, text = answer
        with self._lock:
            count = self._counts.setdefault((feed, hook), _Count())
            count.calls += 1
            count.seconds += took
            count.answers[who] += 1
        if hook in _MANY and count.calls > FIRST:
            return
        given = ", ".join(f"{name}={short(value)}" for name, value in arguments.items() if name != "feed")
        self._print(f"trace {feed} {hook}({given}): {text}, {took * 1000:.2f} ms")


def _answer(
    outcome: pluggy.Result[Any], results: Sequence[tuple[str, object]], asked: Sequence[str]
) -> tuple[str, str]:
    """Return who answered, for counting, and all results as text."""
    each = [f"{who}: {short(what)}" for who, what in results]
    if (error := outcome.exception) is not None:
        text = error.cause if isinstance(error, FleetfeedError) else reason(error)
        return f"raised {type(error).__name__}", "; ".join([*each, f"raised {text}"])
    if results:
        return " → ".join(who for who, _ in results), "; ".join(each)
    if isinstance(outcome.get_result(), list):  # a notification hook
        return "notified", f"notified {', '.join(asked)}"
    return "None", f"None of {', '.join(asked)}"


def short(value: object) -> str:
    """Return a short text for a value."""
    match value:
        case Row():
            return f"row {value.number} {value.key!r}"
        case Ticket():
            return f"Ticket {value.key!r} of {len(value.raw)} cells"
        case Snapshot():
            return f"Snapshot {value.stored.key!r}{'' if value.path else ', loaded already'}"
        case Changes():
            counts = ("inserted", "updated", "unchanged", "superseded", "absent", "returned")
            changed = [f"{count:,} {name}" for name in counts if (count := getattr(value, name))]
            return f"Changes ({', '.join(changed) or 'none'})"
        case RunReport():
            return f"run {value.run_id or 'dry'}"
        case GeocodeQuery():
            return _cut(value.text)
        case GeocodeResult():
            return f"{value.point.latitude},{value.point.longitude} {value.precision}".rstrip()
        case str():
            return _cut(value)
        case list() | tuple():
            more = ", …" if len(value) > 3 else ""
            return f"[{', '.join(short(item) for item in value[:3])}{more}]"
        case None | bool() | int() | float() | datetime() | PurePath():
            return str(value)
    return type(value).__name__


def _cut(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
