"""An observer that kills its own process at the checkpoint which KILL_AT names: the hooks are all the seam it takes.

It has no feed_normalise: with one, keys may meet, and the core takes another way (see `merging`).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from itertools import count

from fleetfeed import Changes, Snapshot, hookimpl

_rows = count(1)


def reached(checkpoint: str) -> None:
    """Die here, if this is the place; nothing is flushed, closed or rolled back."""
    if os.environ.get("KILL_AT") == checkpoint:
        os.kill(os.getpid(), signal.SIGKILL)


@hookimpl(wrapper=True)
def feed_source() -> Generator[None, Snapshot | None, Snapshot | None]:
    """Before the listing, and after the export is spooled."""
    reached("before-source")
    snapshot = yield
    reached("after-source")
    return snapshot


@hookimpl(wrapper=True)
def feed_filter() -> Generator[None, str | None, str | None]:
    """Before a row is filtered, which happens while COPY streams; and after."""
    number = next(_rows)
    reached(f"before-row-{number}")
    reason = yield
    reached(f"after-row-{number}")
    return reason


@hookimpl(wrapper=True)
def feed_upsert() -> Generator[None, Changes, Changes]:
    """Before anything is staged, and when everything is written but nothing committed."""
    reached("before-upsert")
    changes = yield
    reached("after-upsert")
    return changes


@hookimpl(wrapper=True)
def feed_archive() -> Generator[None, list[str], list[str]]:
    """After the commit, and when everything is moved."""
    reached("before-archive")
    moved = yield
    reached("after-archive")
    return moved


@hookimpl
def feed_history() -> None:
    """After the core's capture: listeners are heard after it."""
    reached("after-history")
