"""Makes out of settings what the commands work with: plugins, the database, a feed's job."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import ConfigError, PluginError
from fleetfeed.runtime import logs
from fleetfeed.text.redact import masked

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.config.loader import Loaded
    from fleetfeed.config.tables import FeedSettings
    from fleetfeed.database import Database
    from fleetfeed.database.embedded.server import EmbeddedServer
    from fleetfeed.database.schema.settings import Terms
    from fleetfeed.feed import Feed
    from fleetfeed.geo import Geocoder
    from fleetfeed.geocoding.geocode import GeocodeJob
    from fleetfeed.interfaces import Bucket
    from fleetfeed.model import RunReport
    from fleetfeed.monitoring.notifiers import Webhook
    from fleetfeed.pipeline.job import Job
    from fleetfeed.plugins.registry import Plugins
    from fleetfeed.plugins.trace import Trace

EMBEDDED = "embedded"
EMBEDDED_DATABASE = "fleetfeed"


@dataclass(frozen=True)
class Wiring:
    """Connect one project's settings with the parts they speak of."""

    loaded: Loaded
    trace: Trace | None = None  # who hears of every hook call

    @property
    def project(self) -> Path:
        """The folder that holds fleetfeed.toml."""
        return self.loaded.path.parent

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins of the project."""
        from fleetfeed.plugins.registry import find

        return find(self.project, self.loaded.settings.project.plugins)

    @property
    def migrations(self) -> Path:
        """The folder of migrations: the project's own, else the one that came with fleetfeed."""
        from fleetfeed.plugins.registry import BUNDLED

        own = self.project / "migrations"
        # A project may well have migrations of its own, which are not ours to run.
        return own if (own / "sql" / "0001_ledger.sql").is_file() else BUNDLED / "migrations"

    def names(self, names: Iterable[str], *, every: bool = False) -> list[str]:
        """Name the feeds that were asked for; each must be in fleetfeed.toml. Raises ConfigError."""
        wanted = list(self.loaded.settings.feeds) if every else list(dict.fromkeys(names))
        if not wanted and every:
            raise ConfigError(
                f"{self.loaded.path} has no feeds, so that there is nothing to do.",
                next_step="Add a section [feeds.NAME], or name the right project: --project, FLEETFEED_PROJECT.",
            )
        for name in wanted:
            self.settings(name)
        return wanted

    def feeds(self, names: Iterable[str], *, every: bool = False) -> list[Feed]:
        """Give the feeds that were asked for. Raises ConfigError or PluginError."""
        return [self.plugins.feed(name) for name in self.names(names, every=every)]

    def usable(self) -> tuple[list[Feed], list[PluginError]]:
        """Give every feed that can be used, and the errors of those that cannot: they must not stop the others."""
        feeds, errors = [], []
        for name in self.loaded.settings.feeds:
            try:
                feeds.append(self.plugins.feed(name))
            except PluginError as error:
                errors.append(error)
        return feeds, errors

    def settings(self, feed: str) -> FeedSettings:
        """Give the settings of a feed. Raises ConfigError for one that fleetfeed.toml does not name."""
        found = self.loaded.settings.feeds.get(feed)
        if found is None:
            from fleetfeed.text.suggest import did_you_mean

            hint = did_you_mean(feed, self.loaded.settings.feeds)
            known = ", ".join(self.loaded.settings.feeds) or "none"
            raise ConfigError(
                f"{self.loaded.path} has no [feeds.{feed}]{hint} (it has: {known}).",
                next_step="Name a feed of the file, or add its section.",
            )
        return found

    def terms(self) -> Terms:
        """Give what the database has to know of the settings. Raises ConfigError for a schedule that makes no sense."""
        from fleetfeed.database.schema.settings import FeedTerms, Terms
        from fleetfeed.schedule.cron import hours_of

        settings, feeds = self.loaded.settings, {}
        for name, feed in settings.feeds.items():
            hours, weekdays = hours_of(feed.schedule, name)
            feeds[name] = FeedTerms(
                targets=feed.sla,
                checked_after=feed.freshness.checked_after,
                source_after=feed.freshness.source_after,
                timezone=settings.project.timezone,
                hours=hours,
                weekdays=weekdays,
            )
        return Terms(feeds, tuple(settings.database.reader_roles))

    def server(self) -> EmbeddedServer:
        """Give the project's embedded server."""
        from fleetfeed.database.embedded.server import EmbeddedServer

        return EmbeddedServer(self.project / ".fleetfeed")

    @property
    def embedded(self) -> bool:
        """Whether the database is the project's embedded server."""
        url = self.loaded.settings.database.url
        return url is not None and url.get_secret_value() == EMBEDDED

    def check_database(self) -> None:
        """See that a database is named, without asking it anything. Raises ConfigError."""
        from fleetfeed.config.loader import database_url

        database_url(self.loaded.settings, os.environ)

    def database_url(self) -> str:
        """Tell where the database is; the embedded server is started if that is it."""
        from fleetfeed.config.loader import database_url

        url = database_url(self.loaded.settings, os.environ)
        if url != EMBEDDED:
            return url
        server = self.server()
        server.start()
        return server.create_database(EMBEDDED_DATABASE)

    @contextmanager
    def database(self, what: str) -> Iterator[Database]:
        """Connect to the database; `what` is told to whoever finds a lock taken."""
        from fleetfeed.database import connect

        url = self.database_url()
        with connect(url, what) as db:
            logs.tell(logs.DEBUG, f"connected to {masked(url) if url else 'the database of PG*'}", event="connected")
            yield db

    def bucket(self, url: str, *, looking: bool = False) -> Bucket:
        """Open a bucket of the project's store; `looking` gives up soon on one that does not answer."""
        from fleetfeed.buckets import open_bucket

        store = self.loaded.settings.store
        return open_bucket(
            url,
            project=self.project,
            endpoint_url=store.endpoint_url,
            region=store.region,
            addressing=store.addressing,
            access_key=store.access_key.get_secret_value() if store.access_key else None,
            secret_key=store.secret_key.get_secret_value() if store.secret_key else None,
            looking=looking,
        )

    def job(
        self,
        feed: Feed,
        *,
        apply: bool,
        file: Path | None = None,
        archive: bool = True,
        allow_older: bool = False,
        accept_incomplete: bool = False,
        progress: Callable[[RunReport, str], None] | None = None,
    ) -> Job:
        """Put together what one run of a feed is to do."""
        from fleetfeed.buckets.single import SingleFile
        from fleetfeed.pipeline.job import Job

        settings = self.settings(feed.name)
        moves_to = settings.archive_url if apply and archive and file is None else None
        return Job(
            feed=feed,
            manager=self._manager(feed, settings.plugins),
            bucket=SingleFile(file) if file else self.bucket(settings.source),
            archive=self.bucket(moves_to) if moves_to else None,
            apply=apply,
            allow_older=allow_older,
            accept_incomplete=accept_incomplete,
            archive_copies=settings.archive_mode == "copy",
            pieces=settings.exports == "changes",
            max_reject_ratio=settings.max_reject_ratio,
            max_absent_ratio=settings.max_absent_ratio,
            in_ledger=file is None,
            progress=progress,
        )

    @cached_property
    def webhook(self) -> Webhook | None:
        """Who tells of changes; one for all runs of this process, for it recalls what it told. None: nobody."""
        from fleetfeed.monitoring.notifiers import Webhook

        url = self.loaded.settings.notify.webhook
        return Webhook(url.get_secret_value()) if url else None

    def geocoding(self, feed: Feed, **options: Any) -> GeocodeJob:
        """Put together what one geocoding of a feed is to do. Raises PluginError for a geocoder that is broken."""
        from fleetfeed.geocoding.geocode import GeocodeJob
        from fleetfeed.geocoding.providers import laid_over, providers

        settings = self.settings(feed.name)
        manager = self._manager(feed, settings.geocoders)
        radius = settings.place_radius_km
        given = partial(laid_over, self.loaded.settings.geocoders, self.project)
        return GeocodeJob(feed, providers(manager, given), radius_km=radius, **options)

    def limits(self, feed: Feed) -> dict[str, Geocoder]:
        """Tell how a feed's geocoders may be asked; nothing of those that are broken."""
        try:
            return {provider.name: provider.settings for provider in self.geocoding(feed).providers}
        except PluginError:
            return {}

    def tell_trace(self) -> None:
        """Tell what a trace has only counted so far."""
        if self.trace:
            self.trace.tell()

    def _manager(self, feed: Feed, others: Iterable[str]) -> pluggy.PluginManager:
        manager = self.plugins.manager(feed, others)
        if self.trace:
            self.trace.attach(manager, feed.name)
        return manager
