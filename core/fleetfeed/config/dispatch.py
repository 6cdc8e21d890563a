"""The tables of fleetfeed.toml about dispatch: bursts, and what decides in a plan."""

from __future__ import annotations

from pydantic import Field

from fleetfeed.config.tables import Table
from fleetfeed.config.values import Count, Flag, Minutes, Precision, Precisions, Rate


class BurstSettings(Table):
    """When open tickets that lie together are probably one cause; the limits are those of the SQL function."""

    hours: Count = Field(default=6, le=168)
    radius_m: Rate = Field(default=500.0, ge=1, le=20_000)
    min_tickets: Count = Field(default=5, ge=2, le=1000)
    times_usual: Rate = Field(default=3.0, ge=1, le=1000)

    def values(self) -> tuple[float, ...]:
        """Return them as arguments of the reading function."""
        return self.hours, self.radius_m, self.min_tickets, self.times_usual


class UrgencySettings(Table):
    """The minutes of driving that a ticket is worth, by its age against its target, and for each day of its age."""

    overdue: Minutes = 100.0
    urgent: Minutes = 60.0
    warn: Minutes = 25.0
    ok: Minutes = 5.0
    unknown: Minutes = 5.0
    per_day: Minutes = 1.0
    most_for_age: Minutes = 20.0

    def of_state(self, sla_state: str) -> float:
        """Return the minutes for one of the states."""
        found: float = getattr(self, sla_state)
        return found


class DispatchSettings(Table):
    """Which tickets and units take part in a plan, and what decides between them."""

    reach_km: Rate = 25.0
    speed_kmh: Rate = 22.0
    detour: Rate = 1.4
    accuracy_max_m: Rate = 1000.0
    precise: Precisions = Field(default=["venue", "building", "street", "neighbourhood", "borough", "cluster"])
    penalty_m: dict[Precision, Minutes] = Field(default={"cluster": 800.0, "borough": 1500.0})
    unknown_actionable: Flag = True
    per_unit: Count = 1
    sticky_minutes: Minutes = 10.0
    urgency: UrgencySettings = UrgencySettings()
