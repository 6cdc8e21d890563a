"""A plugin that might write keys: rows are then compared when all of them are staged, and not block by block."""

from __future__ import annotations

from collections.abc import Generator

from fleetfeed import Ticket, hookimpl


@hookimpl(wrapper=True)
def feed_normalise() -> Generator[None, Ticket, Ticket]:
    """Leave the ticket as it is."""
    return (yield)
