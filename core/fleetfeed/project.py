"""A project: its settings, plugins, database and buckets, and how to run its feeds from Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from fleetfeed.errors import PluginError
from fleetfeed.model import RunReport

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.config.loader import Loaded
    from fleetfeed.database import Database
    from fleetfeed.database.access import DatabaseAccess
    from fleetfeed.database.schema.settings import Terms
    from fleetfeed.feed import Feed
    from fleetfeed.geo import Geocoder
    from fleetfeed.geocoding.geocode import GeocodeJob
    from fleetfeed.interfaces import Bucket
    from fleetfeed.monitoring.notifiers import Webhook
    from fleetfeed.pipeline.batch import Batch
    from fleetfeed.pipeline.job import Job, RunOptions
    from fleetfeed.plugins.registry import Plugins
    from fleetfeed.plugins.trace import Trace


@dataclass(frozen=True)
class Project:
    """One project: its settings, and the plugins, database and buckets that they configure."""

    loaded: Loaded
    trace: Trace | None = None  # records every hook call

    @classmethod
    def load(
        cls, path: Path | str | None = None, overrides: Mapping[str, Any] | None = None, trace: Trace | None = None
    ) -> Project:
        """Load a project: the folder `path`, FLEETFEED_PROJECT, else the nearest folder above with a fleetfeed.toml.

        `overrides`: settings by dotted key (`feeds.inc.source`), before the environment and the file.
        Raises ConfigError.
        """
        from fleetfeed.config.loader import load_project  # pydantic: `import fleetfeed` does without

        return cls(load_project(Path(path) if path else None, overrides), trace)

    @property
    def folder(self) -> Path:
        """The folder that holds fleetfeed.toml."""
        return self.loaded.path.parent

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins of the project."""
        from fleetfeed.plugins.registry import find

        settings = self.loaded.settings.project
        return find(self.folder, settings.plugins, settings.timezone)

    @property
    def migrations(self) -> Path:
        """The folder of migrations: the project's own, else the one that is bundled with fleetfeed."""
        from fleetfeed.plugins.registry import BUNDLED

        own = self.folder / "migrations"  # a project may have others there, which are not run
        return own if (own / "sql" / "0001_ledger.sql").is_file() else BUNDLED / "migrations"

    def feeds(self, names: Iterable[str], *, every: bool = False) -> list[Feed]:
        """Return the requested feeds. Raises ConfigError or PluginError."""
        return [self.plugins.feed(name) for name in self.loaded.names(names, every=every)]

    def terms(self) -> Terms:
        """The settings that `migrate` writes to the database. Raises ConfigError for an invalid schedule."""
        from fleetfeed.database.schema.settings import terms_of

        return terms_of(self.loaded.settings)

    @cached_property
    def access(self) -> DatabaseAccess:
        """Access to the database."""
        from fleetfeed.database.access import DatabaseAccess

        return DatabaseAccess(self.loaded.settings, self.folder)

    def database(self, what: str) -> AbstractContextManager[Database]:
        """Connect to the database; `what` names this process to others that wait for its locks."""
        return self.access.connect(what)

    def bucket(self, url: str, *, quick: bool = False) -> Bucket:
        """Open a bucket of the project's store; `quick` uses short timeouts."""
        from fleetfeed.buckets import open_bucket

        return open_bucket(url, project=self.folder, quick=quick, **self.loaded.settings.store.revealed())

    def job(
        self,
        feed: Feed,
        *,
        apply: bool,
        file: Path | None = None,
        archive: bool = True,
        allow_older: bool = False,
        accept_incomplete: bool = False,
        first_load: Callable[[int], None] | None = None,
    ) -> Job:
        """Return the job for one run of a feed."""
        from fleetfeed.buckets.single import SingleFile
        from fleetfeed.pipeline.job import Job

        settings = self.loaded.feed(feed.name)
        moves_to = settings.archive_url if apply and archive and file is None else None
        return Job(
            feed=feed,
            manager=self.manager(feed, settings.plugins),
            bucket=SingleFile(file) if file else self.bucket(settings.source),
            archive=self.bucket(moves_to) if moves_to else None,
            apply=apply,
            allow_older=allow_older,
            accept_incomplete=accept_incomplete,
            archive_copies=settings.archive_mode == "copy",
            pieces=settings.exports == "changes",
            each=settings.load == "each",
            max_reject_ratio=settings.max_reject_ratio,
            max_absent_ratio=settings.max_absent_ratio,
            in_ledger=file is None,
            first_load=first_load,
        )

    @cached_property
    def webhook(self) -> Webhook | None:
        """The webhook, shared by all runs of this process because it remembers what it sent; None if not configured."""
        from fleetfeed.monitoring.notifiers import Webhook

        url = self.loaded.settings.notify.webhook
        return Webhook(url.get_secret_value(), self.loaded.settings.bursts.values()) if url else None

    def geocoding(self, feed: Feed, **options: Any) -> GeocodeJob:
        """Return the job for one geocoding of a feed. Raises PluginError for a broken geocoder."""
        from fleetfeed.geocoding.geocode import GeocodeJob
        from fleetfeed.geocoding.providers import laid_over, providers

        settings = self.loaded.feed(feed.name)
        given = partial(laid_over, self.loaded.settings.geocoders, self.folder)
        return GeocodeJob(
            feed,
            providers(self.manager(feed, settings.geocoders), given),
            radius_km=settings.place_radius_km,
            **options,
        )

    def limits(self, feed: Feed) -> dict[str, Geocoder]:
        """Return the settings of a feed's geocoders by name; empty if one of them is broken."""
        try:
            return {provider.name: provider.settings for provider in self.geocoding(feed).providers}
        except PluginError:
            return {}

    def observers(self, feed: str) -> pluggy.PluginManager:
        """Return a manager of the plugins to call at the end of a feed's runs; without broken ones."""
        from fleetfeed.monitoring.notifiers import Ping
        from fleetfeed.plugins.registry import core
        from fleetfeed.stages import STAGES

        manager = core(STAGES)
        # If plugins could not be loaded during the run, do not try again; alarms are still sent.
        names = (*reversed(self.loaded.feed(feed).plugins), feed) if "plugins" in vars(self) else ()
        for name in dict.fromkeys(names):
            with suppress(PluginError):
                if not manager.is_registered(module := self.plugins.get(name).module):
                    manager.register(module, name)
        if ping := self.loaded.settings.notify.ping:
            manager.register(Ping(ping.get_secret_value()), "core.ping")
        if self.webhook:
            manager.register(self.webhook, "core.webhook")
        if self.trace:
            self.trace.attach(manager, feed)
        return manager

    def run(
        self,
        feed: str,
        *,
        apply: bool = False,
        deadline: float | None = None,
        progress: Callable[[RunReport, str], None] | None = None,
        **options: Unpack[RunOptions],
    ) -> RunReport:
        """Load the newest export of a feed; without `apply` compute exactly what would change, and write nothing.

        Errors are in the report's `error`. `deadline`: seconds after which the run is rolled back; main thread only.
        `progress` is called with the report and the name of each stage that is done.
        """
        from fleetfeed.database.schema.current import check
        from fleetfeed.pipeline import ending
        from fleetfeed.pipeline.reporter import Reporter
        from fleetfeed.pipeline.run import run
        from fleetfeed.runtime.deadline import time_limit

        signature(self.job).bind(None, apply=apply, **options)  # an unknown option is a TypeError, not a failed run
        reporter = Reporter(feed, apply=apply, progress=progress)
        try:
            with time_limit(deadline) as extend:
                declared = self.plugins.feed(feed)
                with self.database(f"run {feed}") as db:
                    check(db, self.migrations, declared)
                    first_load = partial(ending.allow_first_load, feed, deadline, extend)
                    run(self.job(declared, apply=apply, first_load=first_load, **options), db, reporter)
        except Exception as error:  # noqa: BLE001 (an error in one feed must not stop the others)
            ending.end_by(error, reporter)
        if apply and feed in self.loaded.settings.feeds:
            connect = partial(self.database, f"run {feed}")
            ending.announce(reporter, self.observers, connect, in_ledger=options.get("file") is None)
        if self.trace:
            self.trace.summarise()
        return reporter.report

    def replay(
        self, feed: str, numbers: Sequence[int] = (), *, line: str | None = None, apply: bool = False
    ) -> list[Batch]:
        """Read rejected records of a feed again, by the current rules: those with `numbers`, or all unresolved ones.

        `line`: the text to read instead of the one record. Errors of single exports are in the batches' reports.
        """
        from fleetfeed.database.schema.current import check
        from fleetfeed.pipeline.replay import replay_feed

        declared = self.plugins.feed(feed)
        with self.database("rejects replay") as db:
            check(db, self.migrations, declared)
            manager = self.manager(declared, self.loaded.feed(feed).plugins)
            return replay_feed(declared, manager, db, numbers, line=line, apply=apply)

    def manager(self, feed: Feed, others: Iterable[str]) -> pluggy.PluginManager:
        """Return the plugin manager for one run of a feed, traced if requested."""
        from fleetfeed.stages import STAGES

        manager = self.plugins.manager(feed, others, stages=STAGES)
        if self.trace:
            from fleetfeed.pipeline.transform import why_by_row

            self.trace.rows(feed.name, why_by_row(feed, manager))
            self.trace.attach(manager, feed.name)
        return manager
