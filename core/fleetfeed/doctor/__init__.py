"""Checks that find problems before a run does: one file per area, each with functions that yield findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from fleetfeed.errors import FleetfeedError

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, with a hint on how to fix a problem."""

    area: str
    level: Level
    what: str
    hint: str = ""


def examine(area: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Run one check; an exception becomes a finding."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except FleetfeedError as error:
        found.append(Finding(area, "error", error.cause, error.next_step))
    except Exception as error:  # noqa: BLE001 (a failing check must not hide the findings of others)
        what = f"this could not be looked at: {type(error).__name__}: {error}"
        found.append(Finding(area, "error", what, "This is a fault of fleetfeed or of a plugin; please report it."))
    return found


def skew(area: str, whose: str, seconds: float) -> Finding:
    """Return the finding for a clock that differs from this machine's by `seconds`."""
    apart = f"{whose} clock is {abs(seconds):,.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    if abs(seconds) < CLOCKS_DIFFER:
        return Finding(area, "ok", f"{whose} clock agrees with this machine's")
    # Stores reject requests that were signed more than 15 minutes ago.
    level: Level = "warning" if abs(seconds) < CLOCKS_BREAK else "error"
    return Finding(area, level, apart, "Set both clocks by NTP: ages, freshness and signatures depend on them.")


CLOCKS_DIFFER = 30  # seconds
CLOCKS_BREAK = 600
