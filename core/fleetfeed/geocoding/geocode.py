"""geocode(): clusters first, then locations, which are checked against their cluster's point, then the tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from fleetfeed.database.lock import feed_lock
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed
from fleetfeed.geo import Geocoded, GeocodeQuery, Kind
from fleetfeed.geocoding import pending, queries
from fleetfeed.geocoding.apply import LATER, places_are_kept, update_tickets
from fleetfeed.geocoding.budget import Budget
from fleetfeed.geocoding.gazetteer import Store
from fleetfeed.geocoding.pending import PendingPlace
from fleetfeed.geocoding.policy import Answer, Provider, ProviderPolicy
from fleetfeed.geocoding.report import standing
from fleetfeed.geocoding.request_queue import RequestQueue
from fleetfeed.geocoding.threads import SECONDS, Calls
from fleetfeed.runtime.clock import Clock
from fleetfeed.runtime.stdout import plugin_output
from fleetfeed.states import PlaceKind
from fleetfeed.text.redact import plain

if TYPE_CHECKING:
    from fleetfeed.database import Database

STRIKES = 3  # places in a row that cannot be stored; then the run fails
Names = dict[tuple[str, str], list[PendingPlace]]  # cluster and name → the places with that name


@dataclass(frozen=True, slots=True)
class GeocodeJob:
    """What one geocoding is to do."""

    feed: Feed
    providers: Sequence[Provider]
    clusters: bool = False
    locations: bool = False
    apply: bool = True  # False: only count what is due
    radius_km: float = 25.0
    limit: int | None = None  # places to ask for, at most
    until: datetime | None = None  # no call begins after that
    seconds: float = SECONDS  # for one answer
    clock: Clock = field(default_factory=Clock)
    progress: Callable[[PlaceKind, int, int], None] | None = None  # called with: what, number done, total


def geocode(job: GeocodeJob, db: Database) -> Geocoded:
    """Ask for what is due, and update the tickets. Each answer is committed when it arrives."""
    run = _Run(job, db)
    with plugin_output():
        return _geocode(run, job, db)


def _geocode(run: _Run, job: GeocodeJob, db: Database) -> Geocoded:
    if not job.apply:
        if job.clusters:
            run.clusters()
        if job.locations:
            run.locations()
        return run.finish()
    # Not the feed's lock: a load must never wait for a provider.
    with feed_lock(db, f"{job.feed.name}:geocode") as holder:
        run.report.holder = holder or ""
        try:
            if not holder:
                with places_are_kept():
                    run.all()
        finally:
            for provider in job.providers:
                provider.close()
    return run.finish()


class _Run:
    """One geocoding of one feed."""

    def __init__(self, job: GeocodeJob, db: Database) -> None:
        self.report, self.store = Geocoded(job.feed.name, job.apply), Store(db)
        self._job, self._db, self._left, self._strikes = job, db, job.limit, 0
        self._policy = policy = ProviderPolicy(job.providers, Budget(db, job.clock), job.clock)
        self.report.calls, self.report.stopped, self.report.failed = policy.calls, policy.stopped, policy.failed

    def all(self) -> None:
        """Ask for everything that is due."""
        job = self._job
        if job.clusters:
            self.ask(PlaceKind.CLUSTERS, self.clusters())
        self.store.refuse_far_ones(job.feed, job.radius_km, job.clock.now())
        if job.locations:
            if job.clusters and self.report.kinds[PlaceKind.CLUSTERS].results:
                self.update_tickets()  # asking for the locations may take hours
            self.ask(PlaceKind.LOCATIONS, self.locations())
        if not self.update_tickets():
            self.report.warnings.append(LATER)

    def clusters(self) -> Names:
        """Return the clusters to ask for, by their names on maps."""
        feed, kind = self._job.feed, Kind()
        self.report.kinds[PlaceKind.CLUSTERS] = kind
        found = pending.clusters(self._db, feed, self._job.clock.now())
        return _grouped(kind, ((one, queries.of_cluster(feed, one.cluster)) for one in found))

    def locations(self) -> Names:
        """Return the locations to ask for: each name once per cluster, except those answered for another spelling."""
        feed, kind, now = self._job.feed, Kind(), self._job.clock.now()
        self.report.kinds[PlaceKind.LOCATIONS] = kind
        found = pending.locations(self._db, feed, now)
        kind.waiting = sum(one.near is None for one in found)
        wanted = _grouped(kind, ((one, queries.of_location(feed, one.key or "")) for one in found if one.near))
        for name, key in pending.answered(self._db, now).items() if self._job.apply else ():
            for one in wanted.pop(name, []):
                self.store.copy(one, key)
                kind.results["reused"] += 1
        return wanted

    def ask(self, what: PlaceKind, wanted: Names) -> None:
        """Ask for every name, and store each answer when it arrives."""
        job, kind, line = self._job, self.report.kinds[what], list(wanted.items())[: self._left]
        done = 0

        def answered(number: int, answer: Answer | None) -> None:
            nonlocal done
            done += 1
            if job.progress:
                job.progress(what, done, len(line))
            (_, text), places = line[number]
            if answer:
                stored = sum(self._keep(one, text, answer) for one in places)
                if stored and not answer.pending:
                    kind.results[answer.status] += stored

        if job.progress:
            job.progress(what, 0, len(line))
        queries = [GeocodeQuery(text, job.feed.country, places[0].near, job.radius_km) for (_, text), places in line]
        RequestQueue(self._policy, job.clock, job.until, answered, Calls(job.seconds)).ask(queries)
        self._left = None if self._left is None else self._left - done

    def _keep(self, one: PendingPlace, text: str, answer: Answer) -> bool:
        """Store an answer and return True; a few that the database refuses become warnings. Raises DatabaseError."""
        try:
            self.store.answer(one, text, answer, self._job.clock.now())
        except DatabaseError as error:
            self._strikes += 1
            if self._db.connection.closed or self._strikes >= STRIKES:
                raise
            self.report.warnings.append(plain(f"{text[:60]!r} could not be stored: {error.cause}"))
            return False
        self._strikes = 0
        return True

    def finish(self) -> Geocoded:
        """Add the current state to the report, and return it."""
        limits = {provider.name: provider.settings for provider in self._job.providers}
        self.report.standing = standing(self._db, self._job.feed, limits, self._job.clock)
        return self.report

    def update_tickets(self) -> bool:
        """Update the tickets; return False if a load prevented it."""
        changed = update_tickets(self._db, self._job.feed, self._job.clock, self._job.until)
        self.report.tickets += changed or 0
        return changed is not None


def _grouped(kind: Kind, asked: Iterable[tuple[PendingPlace, str | None]]) -> Names:
    wanted: Names = {}
    for one, text in asked:
        if text is None:
            kind.unaskable += 1
        else:
            kind.due += 1
            wanted.setdefault((one.cluster, text), []).append(one)
    return wanted
