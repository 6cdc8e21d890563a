"""The hooks, in the order in which a run calls them.

Each is asked of the feed's own plugin first and of the core last; the first answer that is not None counts. Calls take
keywords only, and an implementation may leave out arguments it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pluggy

if TYPE_CHECKING:
    from fleetfeed.feed import Feed
    from fleetfeed.geo import GeocodeQuery, GeocodeResult
    from fleetfeed.interfaces import Bucket, Database, Export, Service, Tickets
    from fleetfeed.model import Changes, Ledger, Row, RunReport, Snapshot, Ticket

API_VERSION = 1  # raised when plugins written for the hooks and declarations as they were have to change
GROUP = "fleetfeed"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Hooks:
    """Specify every hook; the engine calls them through this type, so mypy checks each call."""

    @hookspec(firstresult=True)
    def feed_source(self, feed: Feed, bucket: Bucket, ledger: Ledger) -> Snapshot | None:
        """Find and spool the export to load: called first in a run. None: there is no export at all."""

    @hookspec(firstresult=True)
    def feed_filter(self, feed: Feed, row: Row) -> str | None:
        """Say why a row is dropped (`alarm`, `sentinel`, …): called for each new or changed row. None keeps it.

        A pure function of one row. An empty reason is an answer too, and a mistake: return None.
        """

    @hookspec(firstresult=True)
    def feed_normalise(self, feed: Feed, row: Row) -> Ticket | None:
        """Turn a kept row into a ticket, or raise RowRejected: called for each kept row. A pure function of one row."""

    @hookspec(firstresult=True)
    def feed_upsert(self, feed: Feed, tickets: Tickets, export: Export, run: RunReport, db: Database) -> Changes | None:
        """Write tickets and their changes inside the open transaction: called once. Must iterate over all `tickets`.

        `run.applied` False asks for the same counts without a write or a lock on the feed's table.
        """

    @hookspec(firstresult=True)
    def feed_archive(
        self, feed: Feed, bucket: Bucket, archive: Bucket, run: RunReport, db: Database
    ) -> list[str] | None:
        """Move processed exports away: called after the commit. Returns the keys they lie under now."""

    @hookspec
    def feed_history(self, feed: Feed, run: RunReport, db: Database) -> None:
        """Hear of an applied run that did not fail: the core captures first, then each listener by itself.

        A listener that fails is a warning of the run; it undoes and stops nothing.
        """

    @hookspec
    def feed_ended(self, run: RunReport, db: Database | None) -> None:
        """Hear of the end of an applied run, whatever its outcome; `run.feed` names the feed.

        `db` is None where the database cannot be had. A listener that fails is a warning of the run.
        """

    @hookspec(firstresult=True)
    def geocode(self, query: GeocodeQuery, service: Service) -> GeocodeResult | None:
        """Tell where a place lies: called for each place to ask for, after the load. None: it is not known here.

        Asked in the order of `[feeds.x] geocoders`; the first answer that passes the wrong-place guard counts. What
        went wrong is raised as one of the GeocodingErrors; limits, retries and the cache are the core's.
        """


def hooks_of(manager: pluggy.PluginManager) -> Hooks:
    """Give the manager's hooks their types, so that mypy checks every call."""
    return cast("Hooks", manager.hook)
