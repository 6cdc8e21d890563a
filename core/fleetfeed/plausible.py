"""Which times can be believed: one in the future comes from a typing error or a wrong clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from fleetfeed.model import StoredObject

ALLOWANCE = timedelta(days=1)  # clocks differ, and zones are declared wrong
IN_SQL = "now() + interval '1 day'"


def is_plausible(time: datetime, now: datetime) -> bool:
    """Tell whether a time is not in the future."""
    return time - ALLOWANCE <= now


def in_order(listed: Iterable[StoredObject], now: datetime) -> list[StoredObject]:
    """Order exports, the newest last; one that claims to be of the future comes before all that do not."""
    return sorted(listed, key=lambda stored: (is_plausible(stored.last_modified, now), stored))
