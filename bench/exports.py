"""Made-up exports of INC, the same ones each time: 32 columns, 97 clusters, places with commas and quotes in them."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from feeds.inc import FEED as DECLARED

FEED = DECLARED.in_zone("Africa/Nairobi")  # as the project of the bench

HEADER = ("ticket_id", *(column.name for column in FEED.columns), *FEED.ignore)
SEED = 20261120
START = datetime(2026, 1, 1)  # noqa: DTZ001 (East Africa Time text, as in an export)
LATER = "2026-11-20 09:20:00"  # than anything that is in an export
CLUSTERS = ("QOA", "PTMP", *(f"Cluster {number:02}" for number in range(95)))
STREETS = ("Moi Avenue, Kilimani", "Argwings Kodhek Rd", "Gikomba stage, block C", 'The "Mall", Westlands', "Mpaka Rd")
FAULTS = ("no light", "slow", "cut", "power")

Row = list[str]
_PLACE = {name: place for place, name in enumerate(HEADER)}


def tickets(count: int) -> Iterator[Row]:
    """Yield tickets in the columns of HEADER."""
    dice = random.Random(SEED)  # noqa: S311 (no secret is made here)
    for number in range(count):
        cells = _cells(number, dice)
        yield [cells.get(name, "") for name in HEADER]


def with_alarms(rows: Iterable[Row], share: float) -> Iterator[Row]:
    """Mix alarms in until they are this share of the export; the tickets stay as they are."""
    owed = 0.0
    for number, row in enumerate(rows):
        yield row
        owed += share / (1 - share)
        if owed >= 1:
            owed -= 1
            yield with_cells(row, ticket_id=f"ALM{number:08}", is_alarm="true")


def one_in_a_hundred_changed(rows: Iterable[Row]) -> Iterator[Row]:
    """Give every hundredth ticket another owner, as somebody who takes it over would."""
    for number, row in enumerate(rows):
        yield row if number % 100 else with_cells(row, owner="N. Wafula", source_updated_at=LATER)


def all_seen_again(rows: Iterable[Row]) -> Iterator[Row]:
    """Touch `last_seen_at` of every ticket, and nothing else."""
    return (with_cells(row, last_seen_at=LATER) for row in rows)


def next_export(rows: Iterable[Row]) -> Iterator[Row]:
    """Change what names the export itself: its bytes are others, its tickets the same."""
    return (with_cells(row, source_s3_key="automations/inc/next.csv", source_snapshot_id="s-2") for row in rows)


def shuffled(rows: Iterable[Row]) -> list[Row]:
    """Give the rows another order."""
    found = list(rows)
    random.Random(SEED).shuffle(found)  # noqa: S311 (no secret is made here)
    return found


def write(path: Path, rows: Iterable[Row], header: Sequence[str] = HEADER) -> None:
    """Write an export as the exporter does, with its columns in the order of `header`."""
    places = [_PLACE[name] for name in header]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows if header == HEADER else ([row[place] for place in places] for row in rows))


def with_cells(row: Row, **cells: str) -> Row:
    """Return a row with some other cells."""
    row = row.copy()
    for name, text in cells.items():
        row[_PLACE[name]] = text
    return row


def _cells(number: int, dice: random.Random) -> dict[str, str]:
    closed, minutes = dice.random() < 0.88, dice.randrange(20, 3_000)
    created = START + timedelta(minutes=dice.randrange(440_000))
    seen, done = str(created + timedelta(minutes=7)), str(created + timedelta(minutes=minutes))
    cells = {
        "ticket_id": f"INC{number:08}",
        "raw_status": "Closed" if closed else "Open",
        "normalized_status": "closed" if closed else "open",
        "bucket": dice.choice(FAULTS),
        "is_actionable": "true" if dice.random() < 0.7 else "false",
        "is_alarm": "false",
        "is_auto_created": "false",
        "is_auto_closed": "false",
        "service_type": "FTTH",
        "cluster": dice.choice(CLUSTERS),
        "region": "Nairobi West" if number % 3 else "Nairobi East",
        "location_name": f"{dice.choice(STREETS)} [OLT-{number % 40:02}/GPON {number % 16}], hse {number % 5_000}",
        "assigned_team": f"Team {number % 20}" if number % 9 else "",
        "owner": f"Owner {number % 200:03}" if number % 7 else "",
        "first_seen_at": seen,
        "last_seen_at": "2026-11-18 08:00:00",
        "source_created_at": seen,
        "source_updated_at": done,
        "week_start": "2026-11-16",
        "week_end": "2026-11-22",
        "source_s3_bucket": "tickets",
        "source_s3_key": "automations/inc/first.csv",
        "source_snapshot_id": "s-1",
        "department": "NOC",
        "source_type": "api",
    }
    if closed:
        cells |= {"sla_status": "met" if minutes < 2_000 else "breached", "mttr": f"{minutes}.0", "closed_at": done}
    if dice.random() >= 0.3:
        cells["created_at_service"] = str(created)
    if number % 50 == 0:  # few tickets have coordinates
        cells |= {"latitude": f"{-1.2 - dice.random() / 5:.5f}", "longitude": f"{36.7 + dice.random() / 5:.5f}"}
    return cells
