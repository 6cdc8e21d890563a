"""A month of daily exports, replayed: backlog, flow, absences and closures of each day are those that were played."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.database.schema.derived.kit import backlog, capture, closures, dashboard, done, flow
from tests.kit import Bench, ticket

FIRST = datetime(2025, 11, 1, 14, 0, tzinfo=UTC)  # five in the afternoon in East Africa
CLUSTERS = ("Kilimani", "Ruiru", "Thika")


@dataclass
class Month:
    """Play with tickets as an exporter does, and keep the books."""

    dice: random.Random
    rows: dict[str, dict[str, str]] = field(default_factory=dict)  # what is listed, open or closed
    gone: dict[str, dict[str, str]] = field(default_factory=dict)  # open, but not listed
    closures: set[tuple[str, str]] = field(default_factory=set)
    flow: Counter[tuple[str, str]] = field(default_factory=Counter)

    def play(self, now: datetime) -> None:
        """Let a day pass."""
        self.flow.clear()
        time = (now + timedelta(hours=3)).strftime("%d %H:%M")
        listed, gone = list(self.rows), list(self.gone)
        for key in listed:
            move = self.dice.random()
            is_closed = self.rows[key]["normalized_status"] == "closed"
            if is_closed and move < 0.06:
                self.rows[key] = ticket(key, cluster=self.rows[key]["cluster"])
                self.flow[self.rows[key]["cluster"], "reopened"] += 1
            elif is_closed and move < 0.10:  # its time is corrected, which is no closure
                self.close(key, f"2025-11-{time}", counts=False)
            elif is_closed and move < 0.14:
                del self.rows[key]  # aged out
            elif not is_closed and move < 0.25:
                self.close(key, f"2025-11-{time}")
            elif not is_closed and move < 0.35:
                self.gone[key] = self.rows.pop(key)
        for key in gone:
            if self.dice.random() < 0.4:
                self.rows[key] = self.gone.pop(key)
                if self.dice.random() < 0.3:
                    self.close(key, f"2025-11-{time}")
        for _ in range(self.dice.randrange(4)):
            key = f"T{now.day:02}-{len(self.rows)}-{self.dice.randrange(10**6)}"
            self.rows[key] = ticket(key, cluster=self.dice.choice(CLUSTERS))
            self.flow[self.rows[key]["cluster"], "created"] += 1
            if self.dice.random() < 0.2:
                self.close(key, f"2025-11-{time}")

    def close(self, key: str, at: str, *, counts: bool = True) -> None:
        """Close a listed ticket, or correct when it was closed."""
        cluster = self.rows[key]["cluster"]
        self.rows[key] = done(key, at, cluster=cluster)
        self.closures.add((key, at.removeprefix("2025-11-")))
        self.flow[cluster, "closed"] += counts

    def backlog(self) -> Counter[str]:
        """Count what is listed and open."""
        return Counter(row["cluster"] for row in self.rows.values() if row["normalized_status"] == "open")


def test_each_day_is_reported_as_it_was(bench: Bench) -> None:
    month = Month(random.Random(20261101))
    month.rows = {f"T00-{n}": ticket(f"T00-{n}", cluster=CLUSTERS[n % 3]) for n in range(20)}
    reported: dict[str, int] = {}
    for day in range(28):
        now = FIRST + timedelta(days=day)
        if day:
            month.play(now)
        bench.put(month.rows.values(), at=now)
        assert bench.run(allow_older=True).error is None
        capture(bench.db, (now + timedelta(hours=1)).isoformat())
        open_now, seen = month.backlog(), flow(bench, now.date())
        reported[now.date().isoformat()] = open_now.total()
        found = {cluster: counts[0] for cluster, counts in backlog(bench, now.date()).items() if counts[0]}
        assert found == {cluster: count for cluster, count in open_now.items() if count}, f"day {day}"
        names = ("created", "closed", "reopened")
        assert {cluster: row for cluster, row in seen.items() if any(row)} == {
            cluster: wanted for cluster in CLUSTERS if any(wanted := tuple(month.flow[cluster, name] for name in names))
        }, f"day {day}"
    absent = bench.rows("ticket_id", "tickets.inc WHERE absent_since IS NOT NULL")

    assert set(closures(bench)) == month.closures
    assert len(closures(bench)) == len(month.closures) > 40
    assert {row["ticket_id"] for row in absent} == set(month.gone)
    page = dashboard(bench.db, p_window="custom", p_from="2025-11-01 00:00+03", p_to="2025-11-29 00:00+03")
    assert {row["date"]: row["backlog"] for row in page["metrics"]["flow"]} == reported
    assert page["counts"]["open_absent"] == len(month.gone) > 0
