"""Calls providers in threads, so that slow answers do not delay others, and calls can time out."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from time import monotonic

from fleetfeed.errors import GeocoderUnavailable
from fleetfeed.geo import GeocodeQuery, GeocodeResult
from fleetfeed.geocoding.policy import Provider

SECONDS = 10.0  # for one answer in total: a socket's timeout starts again with every byte received

Outcome = GeocodeResult | Exception | None


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A running call."""

    provider: Provider
    query: GeocodeQuery
    began: float = field(default_factory=monotonic)


@dataclass(slots=True)
class Calls:
    """Runs calls in parallel; the thread that started them collects the outcomes."""

    seconds: float = SECONDS
    running: set[Call] = field(default_factory=set)
    _done: queue.SimpleQueue[tuple[Call, Outcome]] = field(default_factory=queue.SimpleQueue)

    def start(self, provider: Provider, query: GeocodeQuery) -> Call:
        """Call a provider in a new thread."""
        call = Call(provider, query)
        self.running.add(call)
        # A daemon, so that a call without an answer does not keep the process alive.
        threading.Thread(target=self._ask, args=(call,), daemon=True).start()
        return call

    def finished(self, seconds: float) -> tuple[Call, Outcome] | None:
        """Wait for a call that is answered or times out; None if there is none within `seconds`."""
        end = monotonic() + seconds
        while self.running:
            oldest = min(self.running, key=lambda call: call.began)
            overdue = oldest.began + self.seconds
            try:
                call, outcome = self._done.get(timeout=max(0.0, min(end, overdue) - monotonic()))
            except queue.Empty:
                if monotonic() < overdue:
                    return None
                call = oldest
                outcome = GeocoderUnavailable(f"{call.provider.name} did not answer within {self.seconds:g} s.")
            if call in self.running:  # else it has timed out before
                self.running.remove(call)
                return call, outcome
        return None

    def _ask(self, call: Call) -> None:
        outcome: Outcome
        try:
            outcome = call.provider.ask(call.query)
        except Exception as error:  # noqa: BLE001 (handled with the outcome)
            outcome = error
        self._done.put((call, outcome))
