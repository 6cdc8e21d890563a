"""Which providers to ask for a place, in which order and how often, and the resulting answer. I/O only by Budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fleetfeed.config.keys import dotted
from fleetfeed.config.variables import usual
from fleetfeed.errors import (
    BadQuery,
    GeocoderUnavailable,
    GeocodingError,
    NotAuthorised,
    NotUnderstood,
    PluginFault,
    RateLimited,
)
from fleetfeed.geo import GeocodeQuery, Geocoder, GeocodeResult, Point
from fleetfeed.geocoding.budget import MINUTE, Budget, midnight
from fleetfeed.geocoding.guard import judge
from fleetfeed.runtime.clock import Clock
from fleetfeed.states import PlaceStatus
from fleetfeed.text.redact import plain

PATIENCE = 2 * MINUTE  # longest wait for the next allowed call within a run
SECOND = timedelta(seconds=1.5)  # a second of the provider's limit, and network delay
STRIKES = 3  # places in a row without a usable answer; then the provider is down
TRIES = 3  # of one call, when rate limited
PAUSE = timedelta(seconds=1)  # before a provider that was unavailable is tried again
_FIELDS = {"point": Point, "precision": str, "display_name": str, "others": tuple}


@dataclass(frozen=True, slots=True)
class Provider:
    """A geocoder, and what is needed to call it."""

    name: str
    ask: Callable[[GeocodeQuery], GeocodeResult | None]
    settings: Geocoder = field(default_factory=Geocoder)
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Answer:
    """The result to store for a place."""

    status: PlaceStatus
    provider: Provider
    place: GeocodeResult | None = None
    note: str = ""
    provisional: bool = False  # a provider with a possibly better answer could not be asked
    pending: bool = False  # not found, and such a provider may be asked soon


Flow = Generator[Provider, "GeocodeResult | None", "Answer | None"]


@dataclass(slots=True)
class ProviderPolicy:
    """Decides for each place which provider to ask next; failing providers are stopped for the rest of the run."""

    providers: Sequence[Provider]
    budget: Budget
    clock: Clock
    calls: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)  # provider → why it is no longer asked
    failed: set[str] = field(default_factory=set)  # of those: by an error, not by a spent budget
    _refused: set[str] = field(default_factory=set)  # of those: not authorised
    _strikes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for provider in self.providers:
            for name in provider.settings.needs:
                if not getattr(provider.settings, name):
                    self._refuse(provider, f"it has no {name}: {_how_to_set(provider, name)}")

    @property
    def done(self) -> bool:
        """Whether all providers are stopped."""
        return all(provider.name in self.stopped for provider in self.providers)

    def reserve(self, provider: Provider, until: datetime | None) -> datetime | None:
        """Reserve a call and return when it may begin; if that is too late, stop the provider and return None."""
        most, soon = provider.settings.per_run, self.clock.now() + PATIENCE
        if provider.name in self.stopped:  # meanwhile, by another call
            return None
        if most and self.calls[provider.name] >= most:
            self._stop(provider, f"the {most:,} calls of one run are made")
            return None
        latest = min(soon, until or soon)
        moment, why = self.budget.reserve(provider.name, provider.settings, latest)
        if moment > latest:
            self._stop(provider, why if moment > soon else "the time of this run is over")
            return None
        self.calls[provider.name] += 1
        return moment

    def flow(self, query: GeocodeQuery) -> Flow:
        """Yield each provider to ask, and receive its result by send() or throw(); return the first accepted answer.

        None: no provider answered. If one could not be asked, the answer is provisional.
        """
        refusal: Answer | None = None
        missing = missing_now = False
        for provider in self.providers:
            answer = (yield from self._one(provider, query)) if provider.name not in self.stopped else None
            if answer is None:
                missing = True
                missing_now = missing_now or provider.name not in self._refused
            elif answer.status is PlaceStatus.OK:
                return replace(answer, provisional=missing)
            elif refusal is None or (refusal.status, answer.status) == (PlaceStatus.NOT_FOUND, PlaceStatus.REJECTED):
                refusal = answer
        return replace(refusal, provisional=missing, pending=missing_now) if refusal else None

    def _one(self, provider: Provider, query: GeocodeQuery) -> Flow:
        """Ask one provider, with retries; None if it gave no usable answer."""
        for tried in range(1, TRIES + 1):
            try:
                answer = _answer(provider, query, (yield provider))
            except BadQuery as error:
                return Answer(PlaceStatus.NOT_FOUND, provider, note=error.cause)
            except NotAuthorised as error:
                self._refuse(provider, f"{error.cause} {error.next_step}")
                return None
            except NotUnderstood as error:
                self._strike(provider, error)
                return None
            except GeocoderUnavailable as error:
                if tried > 1:
                    self._strike(provider, error)
                    return None
                self.budget.hold(provider.name, self.clock.now() + PAUSE, error.cause)
            except RateLimited as error:
                self.budget.hold(provider.name, self._after(error), error.cause)
                if tried == TRIES:
                    self._stop(provider, error.cause)
            except BudgetSpent:
                return None
            except Exception as error:  # noqa: BLE001 (a geocoder may raise anything)
                self.failed.add(provider.name)
                reason = error.cause if isinstance(error, PluginFault) else f"{type(error).__name__}: {error}"
                self._stop(provider, f"it failed: {reason}")
                return None
            else:
                self._strikes[provider.name] = 0
                return answer
        return None

    def _refuse(self, provider: Provider, why: str) -> None:
        self._refused.add(provider.name)
        self.failed.add(provider.name)
        self._stop(provider, why)

    def _stop(self, provider: Provider, why: str) -> None:
        self.stopped[provider.name] = plain(why)

    def _strike(self, provider: Provider, error: GeocodingError) -> None:
        """Count a place without a usable answer; after STRIKES in a row, stop the provider."""
        self._strikes[provider.name] += 1
        if self._strikes[provider.name] >= STRIKES:
            self.failed.add(provider.name)
            self._stop(provider, error.cause)

    def _after(self, error: RateLimited) -> datetime:
        """Return when a rate-limited provider may be asked again."""
        now = self.clock.now()
        return midnight(now.date()) if error.window == "day" else now + (MINUTE if error.window == "minute" else SECOND)


class BudgetSpent(Exception):
    """The provider may not be asked in this run: its budget is spent."""


def _answer(provider: Provider, query: GeocodeQuery, result: GeocodeResult | None) -> Answer:
    if result is None:
        return Answer(PlaceStatus.NOT_FOUND, provider)
    check(provider.name, result)
    verdict = judge(query, result)
    note = f"wrong place: {verdict.reason}" if verdict.reason else ""
    place = replace(verdict.subject, provider=provider.name)
    return Answer(PlaceStatus.OK if verdict.place else PlaceStatus.REJECTED, provider, place, note)


def check(name: str, result: object) -> None:
    """Check the types in a plugin's answer. Raises NotUnderstood."""
    others = result.others if isinstance(result, GeocodeResult) else ()
    places: list[object] = [result, *(others if isinstance(others, tuple) else ())]
    for place in places:
        if not isinstance(place, GeocodeResult):
            raise NotUnderstood(f"{name} gave a {type(place).__name__}, not a GeocodeResult.")
        values: dict[str, object] = {field: getattr(place, field) for field in _FIELDS}
        wrong = [
            f"{field}: {type(values[field]).__name__}"
            for field, kind in _FIELDS.items()
            if not isinstance(values[field], kind)
        ]
        degrees: list[object] = [] if wrong else [place.point.latitude, place.point.longitude]
        wrong += [f"degrees: {type(one).__name__}" for one in degrees if not isinstance(one, (int, float))]
        if wrong:
            raise NotUnderstood(f"{name} gave a GeocodeResult that is none ({', '.join(wrong)}).")


def _how_to_set(provider: Provider, name: str) -> str:
    key = ("geocoders", provider.name)  # environment variables are read only for tables in the file
    return f"set {usual((*key, name))}, with a section [{dotted(key)}] in fleetfeed.toml"
