"""The parts of a declaration beside columns: drops and roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleetfeed.feed.columns import YesNo


@dataclass(frozen=True)
class Drop:
    """Drop rows whose cell is one of `words` (trimmed, lower case), and count them under `reason`."""

    column: str
    words: tuple[str, ...]
    reason: str

    def matches(self, values: Mapping[str, str | None]) -> bool:
        """Return whether to drop the row."""
        cell = values.get(self.column)
        return cell is not None and cell.strip().lower() in self.words


def is_true(column: str, *, reason: str) -> Drop:
    """Drop rows in which this column means yes."""
    return Drop(column, YesNo(column).yes, reason)


@dataclass(frozen=True)
class Roles:
    """Which column plays which role. Everything derived from a feed uses these."""

    status: str
    closed_statuses: tuple[str, ...]  # () only without `closed`: then tickets never close, they become absent
    closed: str | None = None  # when it was closed; without it, only the status decides
    created: tuple[str, ...] = ()  # when it was created: the first filled one counts; at least one
    cluster: str | None = None  # without it, tickets have no place but their own coordinates
    location: str | None = None
    team: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    actionable: str | None = None  # whether someone can act on it; without it, every open ticket is
    # The columns below are shown by maps, dashboards and closures; no other text of a ticket leaves its table.
    cancelled_statuses: tuple[str, ...] = ()  # closed without repair, so they do not count in repair times
    raw_status: str | None = None
    bucket: str | None = None  # kind of fault; each may have its own SLA target
    region: str | None = None
    owner: str | None = None
    mttr: str | None = None  # minutes, as counted by the source
    sla_status: str | None = None
    open_statuses: tuple[str, ...] = ()  # known open ones; a new status that is in no list causes a warning
