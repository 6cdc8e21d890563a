"""The hooks, in the order in which a run calls them.

Hooks that return a result ask the feed's own plugin first and the core last; the first result that is not None counts.
`feed_history` and `feed_ended` call everyone, the core first. Calls take keywords only, and an implementation may leave
out arguments it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pluggy

if TYPE_CHECKING:
    from fleetfeed.feed import Feed
    from fleetfeed.fleet import Position
    from fleetfeed.geo import GeocodeQuery, GeocodeResult
    from fleetfeed.interfaces import Bucket, Database, Export, PositionService, Service, Tickets
    from fleetfeed.model import Changes, Ledger, Row, RunReport, Snapshot, Ticket

API_VERSION = 1  # incremented when existing plugins have to change
GROUP = "fleetfeed"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Hooks:
    """All hooks; the engine calls them through this type, so that mypy checks each call."""

    @hookspec(firstresult=True)
    def feed_source(self, feed: Feed, bucket: Bucket, ledger: Ledger) -> Snapshot | None:
        """Find and spool the export to load: called first in a run. None: there is no export."""

    @hookspec(firstresult=True)
    def feed_filter(self, feed: Feed, row: Row) -> str | None:
        """Return why a row is dropped (`alarm`, `sentinel`, …): called for each new or changed row. None keeps it.

        A plugin's own is called for all of them. The core's is not where SQL reads the rows of a large load.

        A pure function of one row. Return None, not "", to keep a row.
        """

    @hookspec(firstresult=True)
    def feed_normalise(self, feed: Feed, row: Row) -> Ticket | None:
        """Turn a kept row into a ticket, or raise RowRejected: called for each kept row. A pure function of one row."""

    @hookspec(firstresult=True)
    def feed_upsert(self, feed: Feed, tickets: Tickets, export: Export, run: RunReport, db: Database) -> Changes | None:
        """Write tickets and their changes inside the open transaction: called once. Must iterate over all `tickets`.

        If `run.applied` is False, return the same counts without writing to or locking the feed's table.
        """

    @hookspec(firstresult=True)
    def feed_archive(
        self, feed: Feed, bucket: Bucket, archive: Bucket, run: RunReport, db: Database
    ) -> list[str] | None:
        """Move processed exports to the archive: called after the commit. Returns their new keys."""

    @hookspec
    def feed_history(self, feed: Feed, run: RunReport, db: Database) -> None:
        """Called after an applied run that did not fail: first the core captures history, then each plugin is called.

        A failing plugin is a warning of the run; the others are still called.
        """

    @hookspec
    def feed_ended(self, run: RunReport, db: Database | None) -> None:
        """Called at the end of an applied run, whatever its outcome; `run.feed` names the feed.

        `db` is None if the database cannot be reached. A failing plugin is a warning of the run.
        """

    @hookspec(firstresult=True)
    def geocode(self, query: GeocodeQuery, service: Service) -> GeocodeResult | None:
        """Return where a place is: called for each place to look up, after the load. None: not found.

        Called in the order of `[feeds.x] geocoders`; the first result that passes the wrong-place guard counts. Raise
        one of the GeocodingErrors on failure; the core handles limits, retries and the cache.
        """

    @hookspec(firstresult=True)
    def unit_positions(self, service: PositionService) -> list[Position] | None:
        """Return where units are now: called at each refresh of `[units] provider`. None: it has nothing to say.

        Raise NoPositions if it cannot know. Positions that are not new, and units that are not known, do no harm.
        """


def hooks_of(manager: pluggy.PluginManager) -> Hooks:
    """Return the manager's hooks with their types, so that mypy checks each call."""
    return cast("Hooks", manager.hook)
