"""What is wrong before a run finds out: one file per area, each a few checks that yield findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from fleetfeed.errors import FleetfeedError

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what was looked at, how it is, and what to do about it where it is not well."""

    area: str
    level: Level
    what: str
    hint: str = ""


def examine(area: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Run one check; whatever it raises is a finding of its own, and stops no other."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except FleetfeedError as error:
        found.append(Finding(area, "error", error.cause, error.next_step))
    except Exception as error:  # noqa: BLE001 (no check may hide what the others find)
        what = f"this could not be looked at: {type(error).__name__}: {error}"
        found.append(Finding(area, "error", what, "This is a fault of fleetfeed or of a plugin; please report it."))
    return found


def skew(area: str, whose: str, seconds: float) -> Finding:
    """Judge by how much another clock differs from this machine's."""
    apart = f"{whose} clock is {abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    if abs(seconds) < CLOCKS_DIFFER:
        return Finding(area, "ok", f"{whose} clock agrees with this machine's")
    # Stores refuse a request that was signed a quarter of an hour ago or later.
    level: Level = "warning" if abs(seconds) < CLOCKS_BREAK else "error"
    return Finding(area, level, apart, "Set both clocks by NTP: ages, freshness and signatures depend on them.")


CLOCKS_DIFFER = 30  # seconds
CLOCKS_BREAK = 600
