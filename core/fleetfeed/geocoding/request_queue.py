"""Goes through a line of names: each is asked for, its answer stored as it comes, and the next begins in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from fleetfeed.geo import GeocodeQuery
from fleetfeed.geocoding.policy import Answer, Asker, Flow, NotAsked, Provider
from fleetfeed.geocoding.threads import Call, Calls, Outcome
from fleetfeed.runtime.clock import Clock

AT_ONCE = 4  # calls, at most; where the limit is what takes the time, one is on its way, and a kill loses that one


@dataclass(slots=True, eq=False)
class _Task:
    number: int
    query: GeocodeQuery
    flow: Flow


@dataclass(slots=True)
class Line:
    """Ask for many names, some side by side; everything but the calls themselves happens in one thread."""

    asker: Asker
    clock: Clock
    until: datetime | None
    answered: Callable[[int, Answer | None], None]  # told the number of a name, and what came of it
    calls: Calls
    _ready: deque[tuple[_Task, Provider]] = field(default_factory=deque)
    _running: dict[Call, _Task] = field(default_factory=dict)

    def ask(self, queries: Iterable[GeocodeQuery]) -> None:
        """Ask for one after another, while somebody answers and there is time."""
        left = enumerate(queries)
        while self._step(left):
            pass

    def _step(self, left: Iterator[tuple[int, GeocodeQuery]]) -> bool:
        if self._ready:
            self._begin(*self._ready.popleft())
            return True
        room = len(self._running) < AT_ONCE and not self.asker.done
        if room and (following := next(left, None)):
            number, query = following
            self._go_on(_Task(number, query, self.asker.flow(query)), None)
            return True
        waited = bool(self._running)
        self._take(self.calls.finished(self.calls.seconds))
        return waited

    def _begin(self, task: _Task, provider: Provider) -> None:
        """Ask a provider when its limits allow it; until then, take what comes."""
        moment = self.asker.reserve(provider, self.until)
        if moment is None:
            self._go_on(task, NotAsked())
            return
        while (wait := (moment - self.clock.now()).total_seconds()) > 0:
            if self._running:
                self._take(self.calls.finished(wait))
            else:
                self.clock.sleep(wait)
        self._running[self.calls.start(provider, task.query)] = task

    def _take(self, finished: tuple[Call, Outcome] | None) -> None:
        if finished:
            call, outcome = finished
            self._go_on(self._running.pop(call), outcome)

    def _go_on(self, task: _Task, outcome: Outcome) -> None:
        """Let a task say whom to ask next, or what came of it all."""
        try:
            provider = task.flow.throw(outcome) if isinstance(outcome, Exception) else task.flow.send(outcome)
        except StopIteration as ended:
            self.answered(task.number, ended.value)
        else:
            self._ready.append((task, provider))
