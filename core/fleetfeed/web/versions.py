"""Which version of a feed's data the database holds."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from fleetfeed.database.readers import Readers
from fleetfeed.errors import FleetfeedError
from fleetfeed.text.digest import digest

_FAILURE_REMEMBERED = 3.0  # seconds
_REMEMBERED = 1.0  # seconds: however many pages poll, the database is asked once a second


@dataclass
class Versions:
    """Return the version of a feed: another one means that its documents may differ.

    `tick`: seconds after which what only time changes (ages, windows) is shown anew.
    """

    readers: Readers
    tick: float
    _known: dict[str, tuple[float, str | FleetfeedError]] = field(default_factory=dict)  # monotonic time, version
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def of(self, feed: str) -> str:
        """Return the version of a feed. Raises DatabaseError or DeadlineExceeded.

        A failure is remembered, too: else each asker would wait for the database in turn.
        """
        async with self._locks.setdefault(feed, asyncio.Lock()):
            at, version = self._known.get(feed, (0.0, ""))
            age = time.monotonic() - at
            if not version or age >= (_REMEMBERED if isinstance(version, str) else _FAILURE_REMEMBERED):
                version = await self._ask(feed)
                self._known[feed] = time.monotonic(), version
        if isinstance(version, FleetfeedError):
            raise version
        return version

    async def _ask(self, feed: str) -> str | FleetfeedError:
        try:
            found = await self.readers.ask("SELECT reporting.fn_freshness(%s)::text", [feed])
        except FleetfeedError as error:
            return error
        return self._version(json.loads(found))

    def _version(self, document: dict[str, object]) -> str:
        fresh = document["freshness"]
        # These change with each minute, and pages count them up by themselves.
        lasting = {name: value for name, value in document.items() if name not in ("generated_at", "freshness")}
        if isinstance(fresh, dict):
            lasting |= {name: value for name, value in fresh.items() if name != "content_lag_minutes"}
        return digest(json.dumps(lasting, sort_keys=True), str(int(time.time() // self.tick)))
