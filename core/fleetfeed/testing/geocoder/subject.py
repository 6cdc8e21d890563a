"""The geocoder under test, called as runs do it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pluggy

from fleetfeed.errors import BadQuery, GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.feed.tracebacks import place
from fleetfeed.geo import GeocodeQuery, Geocoder
from fleetfeed.geocoding.policy import check
from fleetfeed.geocoding.service import Service
from fleetfeed.hookspecs import GROUP, Hooks, hooks_of
from fleetfeed.testing.geocoder.host import HOST, KEY, NOMINATIM, QUERY, Host, replies
from fleetfeed.testing.plugin import Found
from fleetfeed.testing.trial import Broken, shown

_WINDOWS = ("second", "minute", "day")
DECLARED = (BadQuery, NotAuthorised, RateLimited, GeocoderUnavailable, NotUnderstood)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a geocoder returned or raised."""

    result: object = None
    raised: Exception | None = None
    where: str = ""  # in the plugin it was raised

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{type(self.raised).__name__}: {self.raised}{where}" if self.raised else shown(self.result)


class GeocoderSubject(Found):
    """The geocoder under test."""

    @property
    def declared(self) -> Geocoder:
        """Its declaration."""
        return getattr(self.plugin.module, "GEOCODER", None) or Geocoder()

    @property
    def sample_file(self) -> Path:
        """An answer of its provider with one place, at PLACE; needed if its form is not Nominatim's."""
        return self.file.with_name(f"{self.name}.json")

    @cached_property
    def sample(self) -> Any:
        """What the host answers."""
        if not self.sample_file.is_file():
            return NOMINATIM
        try:
            return json.loads(self.sample_file.read_text("utf-8"))
        except ValueError as error:
            raise Broken(f"{self.sample_file} is no JSON: {error}") from None

    @cached_property
    def asks_host(self) -> bool:
        """Whether it calls `service`; if not, only its answers can be tested."""
        asked: list[httpx.Request] = []

        def host(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return replies(self.sample)(request)

        with self.asking(host) as ask:
            ask(QUERY)
        return bool(asked)

    def answer(self, host: Host, made: str) -> Answer:
        """Ask once, and check the answer; `made` describes the host in a message."""
        with self.asking(host) as ask:
            return self.sound(ask(QUERY), made)

    @contextmanager
    def asking(self, host: Host) -> Iterator[Callable[[GeocodeQuery], Answer]]:
        """Provide a function that asks the geocoder, with `host` in place of the real one."""
        settings = replace(self.declared, host=HOST, api_key=KEY)
        service = Service(self.name, settings, transport=httpx.MockTransport(host))
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(Hooks)
        manager.register(self.plugin.module, self.name)

        def ask(query: GeocodeQuery) -> Answer:
            try:
                return Answer(hooks_of(manager).geocode(query=query, service=service))
            except Exception as error:  # noqa: BLE001 (judged by the laws)
                return Answer(None, error, place(error, self.file.parent))

        try:
            yield ask
        finally:
            service.close()

    def sound(self, answer: Answer, made: str) -> Answer:
        """Check that an answer has the right type, and that an error is a declared one. Raises Broken."""
        if answer.raised is not None and not isinstance(answer.raised, DECLARED):
            names = ", ".join(kind.__name__ for kind in DECLARED)
            raise Broken(f"{made}: {answer}, which is none of {names}")
        if isinstance(answer.raised, RateLimited) and answer.raised.window not in _WINDOWS:
            raise Broken(f"{made}: RateLimited for a {answer.raised.window!r}, which is none of {', '.join(_WINDOWS)}")
        try:
            if answer.result is not None:
                check(self.name, answer.result)
        except NotUnderstood as error:
            raise Broken(f"{made}: no GeocodeResult or None: {error.cause}") from None
        return answer
