"""Runs in a worker: prepare a chunk, by the project on this machine's disk."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from fleetfeed.config.variables import LIBPQ, URLS, usual, variable
from fleetfeed.errors import as_expected
from fleetfeed.executors.chunk import Answer, Chunk
from fleetfeed.pipeline.prepare import MOST, Prepared
from fleetfeed.plugins.rules import rules
from fleetfeed.project import Project
from fleetfeed.rebuild.preparing import prepare_here
from fleetfeed.text.redact import redact

if TYPE_CHECKING:
    from fleetfeed.pipeline.job import Job

# A worker needs the store, and never the database.
_URLS = [name(url) for url in URLS for name in (usual, variable)]
WITHHELD = (*_URLS, *(f"{name}_FILE" for name in _URLS), *LIBPQ, "PGPASSWORD", "PGUSER", "PGPASSFILE")


def prepare_chunk(chunk: Chunk) -> Answer:
    """Prepare the exports of a chunk; not if the rules of this worker are others."""
    here, found = f"{socket.gethostname()}, process {os.getpid()}", ""
    try:
        job = _job(chunk.project, chunk.feed)
        found = rules(job.feed, job.manager)
        if found != chunk.rules:
            return Answer(here, found)
        return Answer(here, found, list(_within_memory(prepare_here(job, chunk.before, chunk.items))))
    except Exception as error:  # noqa: BLE001 (it is raised where the exports are loaded; not every error can be sent)
        return Answer(here, found, error=redact(str(as_expected(error))))  # this worker may have keys of its own


def _within_memory(every: Iterable[Prepared | None]) -> Iterator[Prepared | None]:
    """Yield what fits into one answer; the others are left to the command, which reads them one by one."""
    size = 0
    for prepared in every:
        size += prepared.size if prepared else 0
        yield prepared if size <= MOST else None


def withhold_database() -> None:
    """Delete what gives access to the database from the environment of this process."""
    for name in WITHHELD:
        os.environ.pop(name, None)


@lru_cache
def _job(project: str, feed: str) -> Job:
    loaded = Project.load(project or None)
    (declared,) = loaded.feeds([feed])
    return loaded.job(declared, apply=True)
