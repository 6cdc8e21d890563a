"""What the dashboard's document says, in plain Python: one function a number, by the definitions and nothing else."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

EAT = ZoneInfo("Africa/Nairobi")
EDGES = (0, 240, 1440, 2880, 4320, 10080, 43200, None)
CLOSED = ("closed", "cancelled")
TARGETS = {"fibre": 240}
TARGET = 2880


@dataclass(frozen=True)
class Case:
    """One ticket, as its cells read."""

    key: str
    status: str | None = "open"
    cluster: str | None = None
    team: str | None = None
    bucket: str | None = None
    actionable: bool | None = None
    mttr: int | None = None
    created: datetime | None = None
    first_seen: datetime | None = None
    closed: datetime | None = None
    place: tuple[float, float] | None = None  # latitude, longitude
    absent: bool = False

    @property
    def is_closed(self) -> bool:
        return self.closed is not None if self.status is None else self.status in CLOSED

    @property
    def opened(self) -> datetime | None:
        return self.created or self.first_seen

    def age(self, now: datetime) -> int | None:
        return None if self.opened is None else max(0, math.floor((now - self.opened).total_seconds() / 60))

    def state(self, now: datetime) -> str:
        age = self.age(now)
        if age is None:
            return "unknown"
        elapsed = 100 * age / TARGETS.get(self.bucket or "", TARGET)
        return "ok" if elapsed <= 50 else "warn" if elapsed <= 75 else "urgent" if elapsed <= 100 else "overdue"

    @property
    def repair(self) -> float | None:
        """Minutes from its creation to its closing; a cancelled ticket was not repaired, a negative time is no time."""
        if self.status == "cancelled" or self.created is None or self.closed is None or self.closed < self.created:
            return None
        return (self.closed - self.created).total_seconds() / 60

    @property
    def reported_repair(self) -> int | None:
        return None if self.status == "cancelled" or self.mttr is None or self.mttr < 0 else self.mttr


@dataclass(frozen=True)
class Event:
    """One closure as it was observed, and which teams the ticket had before, one after the other."""

    key: str
    closed: datetime | None
    cluster: str | None
    team: str | None
    before: tuple[str | None, ...] = ()

    @property
    def by(self) -> str:
        return self.team or next((name for name in reversed(self.before) if name), "unattributed")


@dataclass(frozen=True)
class Asked:
    """What is asked for, and when."""

    now: datetime
    since: datetime
    until: datetime
    cluster: str | None = None
    status: str | None = None
    as_of: datetime | None = None


Snapshots = dict[tuple[date, str], tuple[int | None, int]]  # day, cluster → backlog, reopened


def percentile(values: Sequence[float], share: float) -> float | None:
    """Interpolate between the two values around a share; fewer than five values say nothing."""
    if len(values) < 5:
        return None
    place = share * (len(values) - 1)
    low, ordered = math.floor(place), sorted(values)
    high = min(low + 1, len(values) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def pct(closed: Sequence[Case], most: float) -> float | None:
    """Return the share of closures, cancelled ones too, that were in time; an unknown time is not."""
    took = [(case.closed - case.created).total_seconds() / 60 for case in closed if case.closed and case.created]
    return None if len(closed) < 5 else 100 * sum(0 <= minutes <= most for minutes in took) / len(closed)


def known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def newest_first(cases: Iterable[Case], moment: Callable[[Case], datetime | None]) -> list[str]:
    def order(case: Case) -> tuple[float, str]:
        at = moment(case)
        return (math.inf if at is None else -at.timestamp(), case.key)

    return [case.key for case in sorted(cases, key=order)]


def expected(cases: Sequence[Case], events: Sequence[Event], asked: Asked, snapshots: Snapshots) -> dict[str, Any]:
    """Work out counts, metrics and the order of the features."""
    here = [case for case in cases if asked.cluster in (None, case.cluster or "(none)")]
    not_closed = [c for c in here if not c.is_closed and (asked.status is None or c.status == asked.status)]
    open_ = [case for case in not_closed if not case.absent]
    closed = [c for c in here if c.is_closed and c.closed and asked.since <= c.closed < asked.until]
    mapped = [case for case in [*open_, *closed] if case.place]
    return {
        "open": newest_first(open_, lambda case: case.opened),
        "closed": newest_first(closed, lambda case: case.closed),
        "counts": {
            "open": len(open_),
            "open_mapped": sum(case.place is not None for case in open_),
            "open_unmapped": sum(case.place is None for case in open_),
            "open_absent": sum(case.absent for case in not_closed),
            "closed": len(closed),
            "closed_mapped": sum(case.place is not None for case in closed),
            "open_truncated": 0,
            "closed_truncated": 0,
            "by_precision": {"feed": len(mapped)} if mapped else {},
        },
        "metrics": metrics(here, open_, closed, asked, snapshots)
        | {"by_team": by_team(open_, [event for event in events if counts(event, asked)], {c.key: c for c in cases})},
    }


def metrics(
    here: Sequence[Case], open_: Sequence[Case], closed: Sequence[Case], asked: Asked, snapshots: Snapshots
) -> dict[str, Any]:
    states = Counter(case.state(asked.now) for case in open_)
    ages = [age for case in open_ if (age := case.age(asked.now)) is not None]
    repairs, reported = known(case.repair for case in closed), known(case.reported_repair for case in closed)
    return {
        "backlog": {
            "total": len(open_),
            "actionable": sum(case.actionable is True for case in open_),
            "overdue": states["overdue"],
            "unassigned": sum(case.team is None for case in open_),
        },
        "ageing": [
            {"from_minutes": low, "to_minutes": high, "n": sum(low <= age < (high or math.inf) for age in ages)}
            for low, high in pairwise(EDGES)
            if low is not None
        ],
        "sla": {name: states[name] for name in ("ok", "warn", "urgent", "overdue", "unknown")}
        | {"basis": "open_age_24x7"},
        "flow": flow(here, asked, snapshots),
        "ttr": {
            "n": len(repairs),
            **{f"p{share}_minutes": percentile(repairs, share / 100) for share in (50, 80, 90, 95)},
            "within_24h_pct": pct(closed, 1440),
            "within_48h_pct": pct(closed, 2880),
            "basis": "created_at_service..closed_at",
        },
        "mttr": {
            "n": len(reported),
            **{f"p{share}_minutes": percentile(reported, share / 100) for share in (50, 90)},
            "basis": "source mttr",
        },
        "by_cluster": by_cluster(open_, closed, asked.now),
    }


def flow(here: Sequence[Case], asked: Asked, snapshots: Snapshots) -> list[dict[str, Any]]:
    """Return each East African day that the window touches, whole."""
    days = [asked.since.astimezone(EAT).date()]
    while days[-1] < (asked.until - timedelta(microseconds=1)).astimezone(EAT).date():
        days.append(days[-1] + timedelta(days=1))
    cluster = asked.cluster and asked.cluster[:200]  # as snapshots cut names
    found = []
    for day in days:
        seen = [value for (at, _), value in snapshots.items() if at == day]
        ours = [value for (at, name), value in snapshots.items() if at == day and cluster in (None, name)]
        captured = any(total is not None for total, _ in seen)
        end = datetime.combine(day + timedelta(days=1), time(), EAT)
        found.append(
            {
                "date": day.isoformat(),
                "created": sum(on(day, case.created) for case in here),
                "closed": sum(case.is_closed and on(day, case.closed) for case in here),
                "reopened": sum(reopened for _, reopened in ours),
                "backlog": sum(total or 0 for total, _ in ours) if captured else None,
                "provisional": asked.as_of is None or end > asked.as_of,
            }
        )
    return found


def on(day: date, moment: datetime | None) -> bool:
    return moment is not None and moment.astimezone(EAT).date() == day


def by_cluster(open_: Sequence[Case], closed: Sequence[Case], now: datetime) -> list[dict[str, Any]]:
    def row(name: str | None) -> dict[str, Any]:
        mine = [case for case in open_ if case.cluster == name]
        overdue = sum(case.state(now) == "overdue" for case in mine)
        gone = sum(case.cluster == name for case in closed)
        return {"cluster": name or "(none)", "open": len(mine), "overdue": overdue, "closed": gone}

    return [row(name) for name in {case.cluster for case in [*open_, *closed]}]


def counts(event: Event, asked: Asked) -> bool:
    here = asked.cluster in (None, event.cluster or "(none)")
    return here and event.closed is not None and asked.since <= event.closed < asked.until


def by_team(open_: Sequence[Case], events: Sequence[Event], cases: dict[str, Case]) -> list[dict[str, Any]]:
    def took(event: Event) -> float | None:
        case = cases.get(event.key)
        return None if case is None else replace(case, closed=event.closed).repair

    def row(name: str) -> dict[str, Any]:
        gone = [event for event in repaired if event.by == name]
        repairs = known(took(event) for event in gone)
        return {
            "team": name,
            "open": sum((case.team or "unattributed") == name for case in open_),
            "closed": len(gone),
            "p50_minutes": percentile(repairs, 0.5),
            "n": len(repairs),
        }

    repaired = [event for event in events if event.key not in cases or cases[event.key].status != "cancelled"]
    return [row(name) for name in {case.team or "unattributed" for case in open_} | {event.by for event in repaired}]
