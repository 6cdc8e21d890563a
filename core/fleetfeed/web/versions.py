"""Which version of a feed's data the database holds."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

from fleetfeed.database.readers import Readers
from fleetfeed.text.digest import digest

_REMEMBERED = 1.0  # seconds: however many pages poll, the database is asked once a second


@dataclass
class Versions:
    """Return the version of a feed: another one means that its documents may differ.

    `tick`: seconds after which what only time changes (ages, windows) is shown anew.
    """

    readers: Readers
    tick: float
    _known: dict[str, tuple[float, str]] = field(default_factory=dict)  # monotonic time, version
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def of(self, feed: str) -> str:
        """Return the version of a feed. Raises DatabaseError."""
        async with self._locks.setdefault(feed, asyncio.Lock()):
            at, version = self._known.get(feed, (0.0, ""))
            if not version or time.monotonic() - at >= _REMEMBERED:
                found = await self.readers.ask("SELECT reporting.fn_freshness(%s)::text", [feed])
                version = self._version(json.loads(found))
                self._known[feed] = time.monotonic(), version
        return version

    def _version(self, document: dict[str, object]) -> str:
        fresh = document["freshness"]
        # These change with each minute, and pages count them up by themselves.
        lasting = {name: value for name, value in document.items() if name not in ("generated_at", "freshness")}
        if isinstance(fresh, dict):
            lasting |= {name: value for name, value in fresh.items() if name != "content_lag_minutes"}
        return digest(json.dumps(lasting, sort_keys=True), str(int(time.time() // self.tick)))
