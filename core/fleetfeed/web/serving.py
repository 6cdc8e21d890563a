"""All that the routes need: settings, feeds, documents, files, and who may ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed._version import __version__
from fleetfeed.config.dispatch import BurstSettings, DispatchSettings
from fleetfeed.database.readers import Dispatchers, Readers
from fleetfeed.text.suggest import did_you_mean
from fleetfeed.web.auth import Auth, roles_of, secrets_of
from fleetfeed.web.documents import Documents
from fleetfeed.web.files import Files
from fleetfeed.web.problems import Refused
from fleetfeed.web.render import render
from fleetfeed.web.versions import Versions

if TYPE_CHECKING:
    from fleetfeed.config.tables import ServeSettings


@dataclass(frozen=True)
class Serving:
    """What one web server serves."""

    settings: ServeSettings
    feeds: tuple[str, ...]
    timezone: str
    folder: Path  # of the project
    readers: Readers
    dispatchers: Dispatchers | None = None  # None: positions are not taken here
    position_max_age: timedelta = timedelta(minutes=15)
    dispatch: DispatchSettings = field(default_factory=DispatchSettings)
    bursts: BurstSettings = field(default_factory=BurstSettings)
    is_sample: bool = False  # made-up tickets; the page says so

    @cached_property
    def documents(self) -> Documents:
        """The answers of the database."""
        versions = Versions(self.readers, self.settings.tick.total_seconds())
        rendered = f"{__version__} {sorted(self.settings.hide)}"
        return Documents(self.readers, versions, partial(render, hide=self.settings.hide), rendered)

    @cached_property
    def files(self) -> Files:
        """The layers of the map. Raises ConfigError for a layer that cannot be read."""
        return Files(self.settings.map, self.folder)

    @cached_property
    def auth(self) -> Auth:
        """Who may ask. Raises ConfigError."""
        settings = self.settings
        return Auth(settings.auth, secrets_of(settings), tuple(settings.trusted_proxies), roles_of(settings))

    def feed(self, name: str) -> str:
        """Return the name of a feed that is served. Raises Refused (404)."""
        if name in self.feeds:
            return name
        raise Refused(
            HTTPStatus.NOT_FOUND,
            f"There is no feed {name[:100]!r}{did_you_mean(name, self.feeds) or '.'}",
            f"Feeds: {', '.join(self.feeds)}.",
        )
