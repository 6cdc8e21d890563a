"""upsert: COPY to a staging table, compare, write what differs; inside the run's transaction.

Works in blocks: the server writes one while the next is read, filtered and normalised. A large load into an empty table
writes all rows first, and indexes and change log afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from fleetfeed.database.load import bulk, diff
from fleetfeed.database.load.bulk import BulkWriter
from fleetfeed.database.load.overlap import run_ahead
from fleetfeed.database.load.write import DryWriter, Writer
from fleetfeed.errors import BalanceBroken
from fleetfeed.feed import Feed
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import Changes, RunReport
from fleetfeed.states import ChangeKind

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.interfaces import Export, Tickets

BLOCK = 10_000  # tickets: enough to amortise the statements of a block, and two blocks fit into memory


class Block(NamedTuple):
    """Tickets as text for COPY."""

    text: str
    tickets: int


@hookimpl(trylast=True)
def feed_upsert(feed: Feed, tickets: Tickets, export: Export, run: RunReport, db: Database) -> Changes:
    """Insert new tickets, update changed ones, mark those that vanished or returned."""
    blocks = _blocks(tickets, run.timings)
    first = list(islice(blocks, 1))
    if run.applied and not tickets.keys_may_meet and _is_large(first) and bulk.begin(db, feed):
        return _load_in_bulk(db, feed, run, chain(first, blocks))
    return _compare_and_write(db, feed, tickets, export, run, chain(first, blocks))


def _is_large(first: list[Block]) -> bool:
    return bool(first) and first[0].tickets == BLOCK


def _load_in_bulk(db: Database, feed: Feed, run: RunReport, blocks: Iterator[Block]) -> Changes:
    writer = BulkWriter.create(db, feed, *_run_and_time(run))
    for _ in run_ahead(db, writer.write, (block.text for block in blocks)):
        pass
    return writer.finish()


def _compare_and_write(
    db: Database, feed: Feed, tickets: Tickets, export: Export, run: RunReport, blocks: Iterator[Block]
) -> Changes:
    writer = Writer(db, feed, *_run_and_time(run)) if run.applied else DryWriter(db, feed)
    diff.begin(db)
    writer.begin()

    def write(block: Block) -> Changes:
        diff.stage(db, block.text)
        # Where keys may meet, the winner is known only after the last row.
        return Changes() if tickets.keys_may_meet else _write_block(db, feed, run, writer)

    changes = Changes()
    for done in run_ahead(db, write, blocks):
        changes += done
    if tickets.keys_may_meet:
        superseded = diff.drop_superseded(db, feed)
        changes += Changes(staged=superseded, superseded=superseded)
        changes += _write_block(db, feed, run, writer)
    writer.end_blocks()
    absent, returned = list(export.vanished()), list(export.returned())
    writer.mark(ChangeKind.ABSENT, absent)
    writer.mark(ChangeKind.RETURNED, returned)
    return changes + Changes(absent=len(absent), returned=len(returned))


def _run_and_time(run: RunReport) -> tuple[int, datetime]:
    """Return the run's number, and when its export was written."""
    if run.run_id is None or run.snapshot is None:
        raise BalanceBroken(f"A run of feed {run.feed} is to write, but has no number or no export.")
    return run.run_id, run.written or run.snapshot.stored.last_modified


def _blocks(tickets: Tickets, timings: dict[str, float]) -> Iterator[Block]:
    """Read tickets as lines for COPY, in blocks, and measure the time this takes."""
    timings["normalise"], every = 0.0, tickets.copy_lines()
    while True:
        start = perf_counter()
        lines = list(islice(every, BLOCK))
        block = Block("".join(lines), len(lines))
        timings["normalise"] = round(timings["normalise"] + perf_counter() - start, 3)
        if not lines:
            return
        yield block


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
    found_statuses = diff.statuses(db, feed)
    changes += Changes(
        statuses={status: many for status, many, _ in found_statuses},
        closings={status: closed for status, _, closed in found_statuses},
    )
    diff.empty(db)
    return changes
