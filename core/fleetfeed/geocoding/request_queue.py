"""A queue of geocoding requests: sent in time, a few in parallel; answers are handled when they arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fleetfeed.geo import GeocodeQuery
from fleetfeed.geocoding.policy import Answer, BudgetSpent, Flow, Provider, ProviderPolicy
from fleetfeed.geocoding.threads import Call, Calls, Outcome
from fleetfeed.runtime.clock import Clock

AT_ONCE = 4  # most calls in parallel; if the rate limit is the bottleneck, only one is under way when killed


@dataclass(slots=True, eq=False)
class _Task:
    number: int
    query: GeocodeQuery
    flow: Flow


@dataclass(slots=True)
class RequestQueue:
    """Asks for many names, some in parallel; only the calls themselves run in threads."""

    policy: ProviderPolicy
    clock: Clock
    until: datetime | None
    answered: Callable[[int, Answer | None], None]  # called with the number of a name, and its answer
    calls: Calls
    _ready: deque[tuple[_Task, Provider]] = field(default_factory=deque)
    _running: dict[Call, _Task] = field(default_factory=dict)

    def ask(self, queries: Iterable[GeocodeQuery]) -> None:
        """Ask for all names, while there are providers and time left."""
        left = enumerate(queries)
        while self._step(left):
            pass

    def _step(self, left: Iterator[tuple[int, GeocodeQuery]]) -> bool:
        if self._ready:
            self._begin(*self._ready.popleft())
            return True
        room = len(self._running) < AT_ONCE and not self.policy.done
        if room and (following := next(left, None)):
            number, query = following
            self._advance(_Task(number, query, self.policy.flow(query)), None)
            return True
        waited = bool(self._running)
        self._handle(self.calls.finished(self.calls.seconds))
        return waited

    def _begin(self, task: _Task, provider: Provider) -> None:
        """Call a provider when its limits allow it; until then, handle answers."""
        moment = self.policy.reserve(provider, self.until)
        if moment is None:
            self._advance(task, BudgetSpent())
            return
        while (wait := (moment - self.clock.now()).total_seconds()) > 0:
            if self._running:
                self._handle(self.calls.finished(wait))
            else:
                self.clock.sleep(wait)
        self._running[self.calls.start(provider, task.query)] = task

    def _handle(self, finished: tuple[Call, Outcome] | None) -> None:
        if finished:
            call, outcome = finished
            self._advance(self._running.pop(call), outcome)

    def _advance(self, task: _Task, outcome: Outcome) -> None:
        """Pass an outcome to a task, which returns the next provider or ends with an answer."""
        try:
            provider = task.flow.throw(outcome) if isinstance(outcome, Exception) else task.flow.send(outcome)
        except StopIteration as ended:
            self.answered(task.number, ended.value)
        else:
            self._ready.append((task, provider))
