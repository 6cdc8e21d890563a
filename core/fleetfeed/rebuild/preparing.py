"""Prepare the exports of a rebuild in their order: in this process, or by an executor elsewhere."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fleetfeed.errors import ExportRefused
from fleetfeed.model import Snapshot, StoredObject
from fleetfeed.pipeline.acceptance import date_export
from fleetfeed.pipeline.prepare import Prepared, Preparer
from fleetfeed.rebuild.past import PastExport
from fleetfeed.runtime.scratch import scratch
from fleetfeed.runtime.stdout import plugin_output

if TYPE_CHECKING:
    from fleetfeed.pipeline.job import Job

Generated = Generator[Prepared | None, None, None]


@dataclass(frozen=True, slots=True)
class Item:
    """An export to prepare, and where its bytes are; plain data."""

    export: PastExport
    stored: StoredObject
    archived: bool  # whether that is in the archive
    now: datetime  # of its load: what lay in the future then


class Preparing(Protocol):
    """Prepares exports."""

    def __call__(self, job: Job, before: Item | None, items: Sequence[Item]) -> Generated:
        """Yield each export prepared, compared with the one before it; None if it has to be read by its load.

        `before`: the export that is loaded already.
        """


def prepare_here(job: Job, before: Item | None, items: Sequence[Item]) -> Generated:
    """Prepare in this process, each export when it is asked for."""
    with scratch() as folder:
        preparer = Preparer(job.feed.shadow, job.manager, folder)
        if before:
            _prepare(job, preparer, folder, before)
        for item in items:
            yield _prepare(job, preparer, folder, item)


def _prepare(job: Job, preparer: Preparer, folder: Path, item: Item) -> Prepared | None:
    bucket, path = job.archive if item.archived and job.archive else job.bucket, folder / "export.csv"
    try:
        sha256 = bucket.fetch(item.stored, path)
        if item.export.sha256 not in (None, sha256):
            return None
        written, _ = date_export(Snapshot(item.export.stored, sha256, path), item.now)
        with plugin_output():
            return preparer.prepare(path, sha256, written, item.now)
    except ExportRefused:  # its load says so, and records it
        return None
