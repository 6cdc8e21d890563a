"""Prepare exports without a database: read, filter, normalise, and compare each with the one before it.

What comes out is plain data, so that another process can do it. Rows that are as they were in the export before stand
in the table already, if that export was loaded: `apply` checks this, and the table is asked for the rest alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.feed.parts import Drop
from fleetfeed.model import Reject
from fleetfeed.pipeline.job import COMPILE_FROM, Job
from fleetfeed.pipeline.transform import Tickets
from fleetfeed.reader.duckdb_sql import KEPT
from fleetfeed.reader.facts import Facts, facts_of

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.feed import Feed

MOST = 64 << 20  # bytes of what differs from one export to the next, or in a chunk of them
_ENTRY = 300  # bytes in memory of a key with its digest


def can_prepare(job: Job) -> bool:
    """Whether the exports of a feed can be prepared.

    Not those that hold changes only; nor if a plugin may change keys, so that two rows may meet, or upserts itself; nor
    if rows may be dropped by ignored columns: equal rows have equal digests then, and are not dropped alike.
    """
    feed, hooks = job.feed, job.manager.hook
    if job.pieces or _has_plugin(hooks.feed_normalise) or _has_plugin(hooks.feed_upsert):
        return False
    by_ignored = any(type(drop) is not Drop or drop.column in feed.ignore for drop in feed.drops)
    return not feed.ignore or not (by_ignored or _has_plugin(hooks.feed_filter))


def _has_plugin(hook: pluggy.HookCaller) -> bool:
    return any(not impl.plugin_name.startswith("core.") for impl in hook.get_hookimpls())


@dataclass(frozen=True, slots=True)
class Prepared:
    """One export, ready to be written."""

    sha256: str
    base: str  # SHA-256 of the export that it was compared with; empty: with none
    facts: Facts
    unchanged: int  # rows that were in the base as they are
    lines: list[str]  # for COPY: the tickets of all other rows
    arrived: Mapping[int, tuple[str, str]]  # those that the base did not list, by row number: key, digest
    departed: list[str]  # keys that the base listed, and this export does not
    dropped: Counter[str]  # reason → rows
    rejects: list[Reject]  # of rows that could not be normalised
    warnings: list[str]

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        return sum(map(len, self.lines)) + _ENTRY * (len(self.arrived) + len(self.departed) + len(self.rejects))


class Preparer:
    """Prepares exports of a feed in their order."""

    def __init__(self, feed: Feed, manager: pluggy.PluginManager, folder: Path) -> None:
        self._feed, self._manager = feed, manager
        self._base, self._known = "", folder / f"known{KEPT}"

    def prepare(self, path: Path, sha256: str, written: datetime | None, now: datetime) -> Prepared | None:
        """Prepare a spooled export; the next one is compared with it. None if more tickets differ than fit in memory.

        `written`: when the export was written; `now`: no record wins by a later time. Raises ExportRefused.
        """
        from fleetfeed.reader.export import opened  # DuckDB

        with opened(self._feed, path, written, now) as export:
            comparison = export.compare(self._known if self._base else None)
            tickets = Tickets(self._feed, self._manager, export, comparison, compile_from=COMPILE_FROM)
            lines, size = list[str](), 0
            for line in tickets.copy_lines():  # to the end: then it is known what is dropped or rejected
                size += len(line)
                if size > MOST:
                    lines.clear()
                else:
                    lines.append(line)
            rejected = {reject.key for reject in export.rejects if reject.key}
            departed = comparison.keep(self._known, tickets.dropped_keys, rejected, tickets.rejected_rows)
            base, self._base = self._base, sha256
            if size + _ENTRY * comparison.count_changed() > MOST:
                return None
            return Prepared(
                sha256,
                base,
                facts_of(export),
                comparison.unchanged(),
                lines,
                comparison.arrived() if base else {},
                departed,
                tickets.dropped,
                tickets.rejects,
                tickets.warnings,
            )
