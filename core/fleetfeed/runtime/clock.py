"""The clock, which tests replace."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Read the time, and sleep."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)
