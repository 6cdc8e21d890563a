"""The geocoder under test, found and called as runs do it."""

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
from fleetfeed.geo import GeocodeQuery, Geocoder
from fleetfeed.geocoding.policy import check
from fleetfeed.geocoding.service import Service
from fleetfeed.hookspecs import GROUP, Hooks, hooks_of
from fleetfeed.testing.broken import Broken, raised_at, shown
from fleetfeed.testing.feed.subject import Found
from fleetfeed.testing.geocoder.host import HOST, KEY, NOMINATIM, QUERY, Host, replies

WINDOWS = ("second", "minute", "day")
DECLARED = (BadQuery, NotAuthorised, RateLimited, GeocoderUnavailable, NotUnderstood)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a geocoder returned or raised."""

    result: object = None
    raised: Exception | None = None

    def shown(self, file: str) -> str:
        """Describe the answer, and where in the plugin it was raised."""
        if self.raised is None:
            return shown(self.result)
        return f"{type(self.raised).__name__}: {self.raised}{raised_at(self.raised, file)}"


class GeocoderSubject(Found):
    """The geocoder under test."""

    @property
    def declared(self) -> Geocoder:
        """Its declaration."""
        return getattr(self.plugin.module, "GEOCODER", None) or Geocoder()

    @property
    def sample_file(self) -> Path:
        """An answer of its provider with one place, at PLACE; needed if its form is not Nominatim's."""
        return Path(self.file).with_name(f"{self.name}.json")

    @cached_property
    def sample(self) -> Any:
        """What the host answers."""
        if not self.sample_file.is_file():
            return NOMINATIM
        try:
            return json.loads(self.sample_file.read_text("utf-8"))
        except ValueError as error:
            raise Broken("a sample answer that is JSON", str(error), str(self.sample_file)) from None

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

    @contextmanager
    def asking(self, host: Host) -> Iterator[Callable[[GeocodeQuery], Answer]]:
        """Provide a function that asks the geocoder, with `host` in place of the real one."""
        settings = replace(self.declared, host=HOST, api_key=KEY)
        service = Service(self.name, settings, transport=httpx.MockTransport(host))
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(Hooks)
        manager.register(self.plugin.module, self.name)
        hooks = hooks_of(manager)

        def ask(query: GeocodeQuery) -> Answer:
            try:
                return Answer(hooks.geocode(query=query, service=service))
            except Exception as error:  # noqa: BLE001 (judged by the laws)
                return Answer(raised=error)

        try:
            yield ask
        finally:
            service.close()


def sound(subject: GeocoderSubject, answer: Answer, made: str) -> None:
    """Check that an answer has the right type, and that an error is a declared one. Raises Broken."""
    if answer.raised is not None and not isinstance(answer.raised, DECLARED):
        names = ", ".join(kind.__name__ for kind in DECLARED)
        raise subject.broken(f"nothing is raised but {names}", answer.shown(subject.file), "geocode", made)
    if isinstance(answer.raised, RateLimited) and answer.raised.window not in WINDOWS:
        expected = f"RateLimited with a window of {', '.join(WINDOWS)}"
        raise subject.broken(expected, repr(answer.raised.window), "geocode", made)
    try:
        if answer.result is not None:
            check(subject.name, answer.result)
    except NotUnderstood as error:
        raise subject.broken("a GeocodeResult or None", error.cause, "geocode", made) from None
