"""upsert: COPY to a staging table, compare, write what differs; inside the run's transaction.

Works in blocks: the server writes one while the next is read, filtered and normalised.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

import orjson

from fleetfeed.database.load import diff
from fleetfeed.database.load.overlap import run_ahead
from fleetfeed.database.load.write import DryWriter, Writer
from fleetfeed.errors import BalanceBroken
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Changes, RunReport, Ticket

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.interfaces import Export, Tickets

_BLOCK = 10_000  # tickets: enough to amortise the statements of a block, and two blocks fit into memory


@hookimpl(trylast=True)
def feed_upsert(feed: Feed, tickets: Tickets, export: Export, run: RunReport, db: Database) -> Changes:
    """Insert new tickets, update changed ones, mark those that vanished or returned."""
    writer = _writer(feed, run, db)
    diff.begin(db)
    writer.begin()

    def write(block: str) -> Changes:
        diff.stage(db, block)
        # Where keys may meet, the winner is known only after the last row.
        return Changes() if tickets.keys_may_meet else _write_block(db, feed, run, writer)

    changes = Changes()
    for done in run_ahead(db, write, _blocks(tickets, run.timings)):
        changes += done
    if tickets.keys_may_meet:
        superseded = diff.drop_superseded(db, feed)
        changes += Changes(staged=superseded, superseded=superseded)
        changes += _write_block(db, feed, run, writer)
    absent = diff.create_key_table(db, "vanished", export.vanished())
    returned = diff.create_key_table(db, "back", export.returned())
    writer.presence()
    return changes + Changes(absent=absent, returned=returned)


def _writer(feed: Feed, run: RunReport, db: Database) -> Writer | DryWriter:
    if not run.applied:
        return DryWriter(db, feed)
    if run.run_id is None or run.snapshot is None:
        raise BalanceBroken(f"A run of feed {feed.name} is to write, but has no number or no export.")
    return Writer(db, feed, run.run_id, run.written or run.snapshot.stored.last_modified)


def _blocks(tickets: Iterator[Ticket], timings: dict[str, float]) -> Iterator[str]:
    """Format tickets for COPY, in blocks, and measure the time this takes."""
    timings["normalise"] = 0.0
    while True:
        start = perf_counter()
        lines = [_line(ticket) for ticket in islice(tickets, _BLOCK)]
        block = "".join(lines)
        timings["normalise"] = round(timings["normalise"] + perf_counter() - start, 3)
        if not lines:
            return
        yield block


def _line(ticket: Ticket) -> str:
    row, raw = ticket.row, orjson.dumps(ticket.raw).decode().replace("\\", r"\\")
    place = ticket.location_key.translate(diff.ESCAPES) if ticket.location_key else r"\N"
    return f"{row.number}\t{ticket.key.translate(diff.ESCAPES)}\t{raw}\t{row.digest}\t{place}\n"


def _write_block(db: Database, feed: Feed, run: RunReport, writer: Writer | DryWriter) -> Changes:
    """Compare the staged block with the table, write what differs, and empty the staging table."""
    older = diff.drop_older(db, feed) if run.keeps_newer else 0
    found = diff.compare(db, feed)
    staged = found.new + found.changed + found.unchanged + older
    changes = writer.write(found) + Changes(
        staged=staged, superseded=older, unchanged=found.unchanged, returned=found.returned
    )
    if found.changed:
        changes += Changes(fields=diff.fields(db), examples=diff.examples(db))
    for status, many, shut in diff.statuses(db, feed):
        run.statuses[status] += many
        run.closings[status] += shut
    diff.empty(db)
    return changes
