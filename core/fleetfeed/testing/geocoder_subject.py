"""A geocoder under test, and what its host answers: a place that is known, and everything that is none."""

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
from fleetfeed.feed import Box
from fleetfeed.geocoding.model import GeocodeQuery, Geocoder, Point
from fleetfeed.geocoding.service import Service
from fleetfeed.hookspecs import GROUP, Hooks
from fleetfeed.plugins import Plugin, hooks_of
from fleetfeed.testing.broken import Broken, raised_at, shown
from fleetfeed.testing.subject import plugins_of

DECLARED = (BadQuery, NotAuthorised, RateLimited, GeocoderUnavailable, NotUnderstood)
KEY = "pk.canary-of-the-conformance-kit"
PLACE = Point(-1.2921, 36.7856)
QUERY = GeocodeQuery("Moi Avenue", Box(-4.72, 33.91, 5.06, 41.91), Point(-1.29, 36.78))
# How Nominatim and all that follow it tell a place, with the words that LocationIQ adds.
_NOMINATIM = [
    {
        "place_id": 1,
        "lat": "-1.2921",
        "lon": "36.7856",
        "addresstype": "road",
        "place_rank": 26,
        "display_name": "Moi Avenue, Nairobi, Kenya",
        "matchquality": {"matchcode": "exact", "matchtype": "point", "matchlevel": "street"},
    }
]
Host = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what a geocoder gave or raised."""

    result: object = None
    raised: Exception | None = None

    def told(self, file: str) -> str:
        """Say what came, and where in the plugin it was raised."""
        if self.raised is None:
            return shown(self.result)
        return f"{type(self.raised).__name__}: {self.raised}{raised_at(self.raised, file)}"


class GeocoderSubject:
    """Hold a geocoder under test, and ask it."""

    def __init__(self, name: str, project: Path | None) -> None:
        self.name, self.project = name, project

    @cached_property
    def plugin(self) -> Plugin:
        """The plugin. Raises PluginError or ConfigError where it cannot be used."""
        return plugins_of(self.project).get(self.name)

    @property
    def file(self) -> str:
        """Its own file."""
        return str(getattr(self.plugin.module, "__file__", self.plugin.origin))

    @property
    def declared(self) -> Geocoder:
        """How it says that it is asked."""
        return getattr(self.plugin.module, "GEOCODER", None) or Geocoder()

    @property
    def sample_file(self) -> Path:
        """An answer of its provider with one place, at PLACE; needed where its form is not Nominatim's."""
        return Path(self.file).with_name(f"{self.name}.json")

    @cached_property
    def sample(self) -> Any:
        """What the host answers when all is well."""
        if not self.sample_file.is_file():
            return _NOMINATIM
        try:
            return json.loads(self.sample_file.read_text("utf-8"))
        except ValueError as error:
            raise Broken("a sample answer that is JSON", str(error), str(self.sample_file)) from None

    @cached_property
    def asks_host(self) -> bool:
        """Whether it asks the host that its service knows; else nothing but its answers can be looked at."""
        asked: list[httpx.Request] = []

        def host(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return says(self.sample)(request)

        with self.asking(host) as ask:
            ask(QUERY)
        return bool(asked)

    @contextmanager
    def asking(self, host: Host) -> Iterator[Callable[[GeocodeQuery], Answer]]:
        """Give a way to ask it, with its host played by a function."""
        settings = replace(self.declared, host="https://geocoder.example", api_key=KEY)
        service = Service(self.name, settings, transport=httpx.MockTransport(host))
        manager = pluggy.PluginManager(GROUP)
        manager.add_hookspecs(Hooks)
        manager.register(self.plugin.module, self.name)
        hooks = hooks_of(manager)

        def ask(query: GeocodeQuery) -> Answer:
            try:
                return Answer(hooks.geocode(query=query, service=service))
            except Exception as error:  # noqa: BLE001 (the laws decide)
                return Answer(raised=error)

        try:
            yield ask
        finally:
            service.close()


def says(body: object, status: int = 200) -> Host:
    """Play a host that answers everything with this: texts and bytes as they are, all else as JSON."""
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return lambda request: httpx.Response(status, content=content)


def fails(error: type[httpx.TransportError]) -> Host:
    """Play a host that cannot be reached; as some do, the error tells the whole URL."""

    def host(request: httpx.Request) -> httpx.Response:
        raise error(f"no answer from {request.url}")

    return host
