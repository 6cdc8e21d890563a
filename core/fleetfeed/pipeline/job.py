"""What one run needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from fleetfeed.feed import Feed
from fleetfeed.interfaces import Bucket

if TYPE_CHECKING:
    import pluggy


COMPILE_FROM = 2_000  # changed rows from which they are read by SQL; for fewer, preparing it costs more than it saves


@dataclass(frozen=True, slots=True)
class Job:
    """The feed, buckets and options of one run."""

    feed: Feed
    manager: pluggy.PluginManager
    bucket: Bucket
    archive: Bucket | None = None  # None: exports stay where they are
    archive_copies: bool = False  # exports stay, and are copied to the archive
    apply: bool = False
    allow_older: bool = False
    pieces: bool = False  # each export holds changes only: all unread ones are loaded, in order
    each: bool = False  # every unread export is loaded in order, not only the newest
    accept_incomplete: bool = False  # treat the export as complete although it does not look so
    hold: bool = False  # treat the export as truncated although it looks complete
    max_reject_ratio: float = 0.05
    max_absent_ratio: float = 0.5
    in_ledger: bool = True  # False for a single file, which is not in the bucket
    compile_from: int = COMPILE_FROM
    first_load: Callable[[int], None] | None = None  # called with the record count of a large load into an empty table


class RunOptions(TypedDict, total=False):
    """Options of `Project.run`, as those of `fleetfeed run`."""

    file: Path | None  # load this export instead of the bucket's newest
    archive: bool
    allow_older: bool
    accept_incomplete: bool
