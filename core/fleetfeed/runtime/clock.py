"""The time, so that a test can have another."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Tell the time, and wait."""

    def now(self) -> datetime:
        """Tell the time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
