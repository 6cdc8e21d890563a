"""What a feed declares beside its columns: which rows to drop, and which column plays which part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleetfeed.feed.columns import YesNo


@dataclass(frozen=True)
class Drop:
    """Drop a row whose cell is one of `words` (trimmed, in lower case), and count it under `reason`."""

    column: str
    words: tuple[str, ...]
    reason: str

    def matches(self, values: Mapping[str, str | None]) -> bool:
        """Tell whether the row goes."""
        cell = values.get(self.column)
        return cell is not None and cell.strip().lower() in self.words


def is_true(column: str, *, reason: str) -> Drop:
    """Drop rows in which this column says yes."""
    return Drop(column, YesNo(column).yes, reason)


@dataclass(frozen=True)
class Roles:
    """Say which column plays which part; everything that derives from a feed reads these."""

    status: str
    closed_statuses: tuple[str, ...]  # () only without `closed`: then tickets never close, they become absent
    closed: str | None = None  # when it was closed; without one only the status says that it is
    created: tuple[str, ...] = ()  # when it began: the first that is there; one at least
    cluster: str | None = None  # without one its tickets get no place but the feed's own coordinates
    location: str | None = None
    team: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    actionable: str | None = None  # whether somebody can do something about it; without one, everything open is
    # What maps, dashboards and closures show beside the above: nothing else of a ticket's text leaves its table.
    cancelled_statuses: tuple[str, ...] = ()  # of the closed ones: no repair, so in no repair time
    raw_status: str | None = None
    bucket: str | None = None  # kind of fault; each may have an SLA target of its own
    region: str | None = None
    owner: str | None = None
    mttr: str | None = None  # minutes, as the source counts them
    sla_status: str | None = None
    open_statuses: tuple[str, ...] = ()  # known not to be closed; a status that is named nowhere and new is a warning
