"""Whom to ask for a place, in which order and how often, and what the answers come to. No I/O but the budget's."""

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

PATIENCE = 2 * MINUTE  # what is allowed only later than that is for the next run
SECOND = timedelta(seconds=1.5)  # a second as the provider counts it, and the way there
STRIKES = 3  # places in a row for which a provider had no answer that could be used; then it is down
TRIES = 3  # of one call that is allowed only a moment later
PAUSE = timedelta(seconds=1)  # before a provider that was down is tried once more
_FIELDS = {"point": Point, "precision": str, "display_name": str, "others": tuple}


@dataclass(frozen=True, slots=True)
class Provider:
    """Name a geocoder, and hold what is needed to ask it."""

    name: str
    ask: Callable[[GeocodeQuery], GeocodeResult | None]
    settings: Geocoder = field(default_factory=Geocoder)
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Answer:
    """Say what is to be stored of a place."""

    status: PlaceStatus
    provider: Provider
    place: GeocodeResult | None = None
    note: str = ""
    provisional: bool = False  # a provider that may know better could not be asked
    pending: bool = False  # nobody found it, and such a provider may be asked soon


Flow = Generator[Provider, "GeocodeResult | None", "Answer | None"]


@dataclass(slots=True)
class Asker:
    """Decide for each place whom to ask next; who does not answer is left alone for the rest of the run."""

    providers: Sequence[Provider]
    budget: Budget
    clock: Clock
    calls: Counter[str] = field(default_factory=Counter)
    stopped: dict[str, str] = field(default_factory=dict)  # provider → why it is not asked any more
    failed: set[str] = field(default_factory=set)  # of those: by a fault, and not because its budget is spent
    _refused: set[str] = field(default_factory=set)  # of those: who will not serve us, now or later
    _strikes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        for provider in self.providers:
            for name in provider.settings.needs:
                if not getattr(provider.settings, name):
                    self._refuse(provider, f"it has no {name}: {_how_to_set(provider, name)}")

    @property
    def done(self) -> bool:
        """Whether nobody is left to ask."""
        return all(provider.name in self.stopped for provider in self.providers)

    def reserve(self, provider: Provider, until: datetime | None) -> datetime | None:
        """Reserve a call, and tell when it may begin; None, and no more calls in this run, if that is too late."""
        most, soon = provider.settings.per_run, self.clock.now() + PATIENCE
        if provider.name in self.stopped:  # meanwhile, by what came of another call
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
        """Yield each provider to ask and be sent, or thrown, what it said; return the first answer that counts.

        None: nobody said anything. What is found, or by nobody, while somebody could not be asked is provisional.
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
        """Ask one provider, again where it says that a moment later may do; None of one that says nothing."""
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
            except NotAsked:
                return None
            except Exception as error:  # noqa: BLE001 (a geocoder may be wrong in any way)
                self.failed.add(provider.name)
                told = error.cause if isinstance(error, PluginFault) else f"{type(error).__name__}: {error}"
                self._stop(provider, f"it failed: {told}")
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
        """Leave this place for later; after a few in a row the provider is down, and left alone."""
        self._strikes[provider.name] += 1
        if self._strikes[provider.name] >= STRIKES:
            self.failed.add(provider.name)
            self._stop(provider, error.cause)

    def _after(self, error: RateLimited) -> datetime:
        """Tell when a provider that had too much may be asked again."""
        now = self.clock.now()
        return midnight(now.date()) if error.window == "day" else now + (MINUTE if error.window == "minute" else SECOND)


class NotAsked(Exception):
    """The provider may not be asked in this run: its budget is spent."""


def _answer(provider: Provider, query: GeocodeQuery, result: GeocodeResult | None) -> Answer:
    if result is None:
        return Answer(PlaceStatus.NOT_FOUND, provider)
    check(provider.name, result)
    verdict = judge(query, result)
    note = f"wrong place: {verdict.reason}" if verdict.reason else ""
    place = replace(verdict.told, provider=provider.name)
    return Answer(PlaceStatus.OK if verdict.place else PlaceStatus.REJECTED, provider, place, note)


def check(name: str, result: object) -> None:
    """Hold that an answer is what its type says, as somebody else's program may not. Raises NotUnderstood."""
    others = result.others if isinstance(result, GeocodeResult) else ()
    places: list[object] = [result, *(others if isinstance(others, tuple) else ())]
    for place in places:
        if not isinstance(place, GeocodeResult):
            raise NotUnderstood(f"{name} gave a {type(place).__name__}, not a GeocodeResult.")
        told: dict[str, object] = {field: getattr(place, field) for field in _FIELDS}
        wrong = [
            f"{field}: {type(told[field]).__name__}"
            for field, kind in _FIELDS.items()
            if not isinstance(told[field], kind)
        ]
        degrees: list[object] = [] if wrong else [place.point.latitude, place.point.longitude]
        wrong += [f"degrees: {type(one).__name__}" for one in degrees if not isinstance(one, (int, float))]
        if wrong:
            raise NotUnderstood(f"{name} gave a GeocodeResult that is none ({', '.join(wrong)}).")


def _how_to_set(provider: Provider, name: str) -> str:
    key = ("geocoders", provider.name)  # a variable is read only for a table that the file has
    return f"set {usual((*key, name))}, with a section [{dotted(key)}] in fleetfeed.toml"
