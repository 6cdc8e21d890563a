"""Asks providers in threads, so that slow answers slow nothing down, and none is waited for forever."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from time import monotonic

from fleetfeed.errors import GeocoderUnavailable
from fleetfeed.geo import GeocodeQuery, GeocodeResult
from fleetfeed.geocoding.policy import Provider

SECONDS = 10.0  # for one answer, all in all: a socket's own timeout begins anew with every byte that drips in

Outcome = GeocodeResult | Exception | None


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Hold one call that is on its way."""

    provider: Provider
    query: GeocodeQuery
    began: float = field(default_factory=monotonic)


@dataclass(slots=True)
class Calls:
    """Run calls side by side; what they bring is taken by the thread that started them."""

    seconds: float = SECONDS
    running: set[Call] = field(default_factory=set)
    _done: queue.SimpleQueue[tuple[Call, Outcome]] = field(default_factory=queue.SimpleQueue)

    def start(self, provider: Provider, query: GeocodeQuery) -> Call:
        """Ask a provider."""
        call = Call(provider, query)
        self.running.add(call)
        # A daemon: one that is never answered must not keep the process from ending.
        threading.Thread(target=self._ask, args=(call,), daemon=True).start()
        return call

    def finished(self, seconds: float) -> tuple[Call, Outcome] | None:
        """Wait for a call that is answered or takes too long; None where there is none within so many seconds."""
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
            if call in self.running:  # else it was given up before it answered
                self.running.remove(call)
                return call, outcome
        return None

    def _ask(self, call: Call) -> None:
        outcome: Outcome
        try:
            outcome = call.provider.ask(call.query)
        except Exception as error:  # noqa: BLE001 (whoever takes the outcome decides)
            outcome = error
        self._done.put((call, outcome))
