"""What an export does to the tickets, said as plainly as can be. No code of the core is in it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from tests.histories.exports import Export, Record
from tests.kit import FEED

FOLDS = {"raw_status": str.upper, "region": str.lower}

Raw = dict[str, str]
Change = tuple[int, str, str, datetime, dict[str, list[str | None]] | None]  # run, kind, ticket, when, what


def sifted(export: Export, counts: Counter[str], rejected: list[Record]) -> dict[str, Raw]:
    """Choose the winner of each key, then filter, then normalise."""
    winners: dict[str | int, Record] = {}
    for place, record in enumerate(export.whole):
        rival = winners.get(record.key or place)
        if rival is None or record.times >= rival.times:
            winners[record.key or place] = record
    counts["superseded"] = len(export.whole) - len(winners)
    kept = {}
    for record in winners.values():
        if record.stops:
            counts["dropped sentinel"] += 1
        elif record.cells["is_alarm"] == "true":
            counts["dropped alarm"] += 1
        elif record.fault:
            rejected.append(record)
        else:
            cells = {name: cell.strip() for name, cell in record.cells.items() if name not in FEED.ignore}
            kept[record.key] = {name: FOLDS.get(name, str)(cell) for name, cell in cells.items() if cell}
    return kept


class Tickets:
    """The feed's table and its changes."""

    def __init__(self) -> None:
        self.raw: dict[str, Raw] = {}
        self.absent: dict[str, datetime] = {}
        self.changes: list[Change] = []

    def load(self, kept: dict[str, Raw], counts: Counter[str], run: int, at: datetime) -> None:
        """Insert what is new, update what differs, bring back who was absent."""
        for key, new in kept.items():
            old = self.raw.get(key)
            counts["inserted" if old is None else "unchanged" if old == new else "updated"] += 1
            if old is None:
                self.changes.append((run, "inserted", key, at, None))
            elif changed := {name for name in old | new if old.get(name) != new.get(name)} - {*FEED.bookkeeping}:
                what = {name: [old.get(name), new.get(name)] for name in changed}
                self.changes.append((run, "updated", key, at, what))
            self.raw[key] = new
            if self.absent.pop(key, None):
                counts["returned"] += 1
                self.changes.append((run, "returned", key, at, None))

    def miss(self, listed: set[str], counts: Counter[str], run: int, at: datetime) -> None:
        """Mark the open tickets absent that a complete export does not list."""
        for key, raw in self.raw.items():
            if key not in listed and key not in self.absent and is_open(raw):
                self.absent[key] = at
                counts["absent"] += 1
                self.changes.append((run, "absent", key, at, None))


def is_open(raw: Raw) -> bool:
    """Return whether a ticket is not closed; without a status its time of closing says so."""
    if status := raw.get("normalized_status"):
        return status not in ("closed", "cancelled")
    return "closed_at" not in raw
