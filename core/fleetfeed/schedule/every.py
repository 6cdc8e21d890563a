"""Regular intervals, for what has no times of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Every:
    """All whole intervals after midnight UTC of 1970, so that a restart does not shift them."""

    interval: timedelta

    def came_due(self, after: datetime, until: datetime) -> bool:
        """Whether a run was due after `after`, up to and including `until`."""
        return (after - _EPOCH) // self.interval < (until - _EPOCH) // self.interval
