"""upsert: COPY to a staging table, compare there, write what differs; all inside the run's one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from fleetfeed.database import diff, tables
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Changes, RunReport, Ticket

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.reader import Export


@hookimpl(trylast=True)
def feed_upsert(feed: Feed, tickets: Iterator[Ticket], export: Export, run: RunReport, db: Database) -> Changes:
    """Insert what is new, update what changed, mark who vanished and who is back."""
    staged, renamed = diff.stage(db, tickets)
    superseded = diff.drop_superseded(db, feed) if renamed else 0
    equal = diff.compare(db, feed)
    fields, examples = diff.find_changes(db, feed)
    # A truncated export says nothing of the tickets it does not list.
    absent = diff.mark_keys(db, "vanished", () if export.truncated else export.vanished())
    returned = diff.mark_keys(db, "back", chain(export.returned(), diff.were_absent(db)))
    if run.applied and run.run_id is not None and run.snapshot is not None:
        observed = run.snapshot.stored.last_modified
        inserted = diff.insert(db, feed, run.run_id, observed)
        updated = diff.update(db, feed, run.run_id, observed)
        diff.set_absent(db, feed, run.run_id, observed)
        written_to = tables.table(feed)
    else:
        inserted, updated = diff.write_to_shape(db, feed)
        written_to = "shape"
    return Changes(
        staged=staged,
        superseded=superseded,
        inserted=inserted,
        updated=updated,
        unchanged=equal,
        absent=absent,
        returned=returned,
        fields=fields,
        examples=tuple(examples),
        unreadable=diff.unreadable(db, feed, written_to),
    )
