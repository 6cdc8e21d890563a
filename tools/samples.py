"""Write the samples of feeds/inc and feeds/crq: made-up tickets, with all that an export can hold; always the same.

Also feeds/inc/demo.csv: what `fleetfeed demo` shows, a month of tickets all over Nairobi, most of them repaired.
"""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path

FEEDS = Path(__file__).parents[1] / "feeds"
NOW = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 (East Africa Time text, as in an export)
EXPORTER = (
    *("created_at_service", "first_seen_at", "last_seen_at", "source_created_at", "source_updated_at"),
    *("latitude", "longitude", "week_start", "week_end"),
    *("source_s3_bucket", "source_s3_key", "source_snapshot_id", "department", "source_type"),
)
INC = (
    *("ticket_id", "raw_status", "normalized_status", "bucket", "is_actionable", "is_alarm", "is_auto_created"),
    *("is_auto_closed", "service_type", "cluster", "region", "location_name", "assigned_team", "owner", "sla_status"),
    *("mttr", "scheduled_at", "closed_at", *EXPORTER),
)
CRQ = (
    *("ticket_id", "title", "raw_status", "normalized_status", "change_type", "risk", "cluster", "region"),
    *("location_name", "assigned_team", "owner", "planned_start_at", "planned_end_at", "actual_start_at"),
    *("actual_end_at", "closed_at", "outcome", "is_actionable", *EXPORTER),
)
PLACES = {
    "Kilimani": ("Moi Avenue, Kilimani [OLT-07/GPON 3]", "Argwings Kodhek Rd", "A1 Plaza", "Yaya Centre, 2nd Floor"),
    "QOA": ("Quarry Road, block C", "Gikomba stage", "Jogoo Rd [FAT 12]"),
    "PTMP": ("Pipeline Estate, hse 14", "Outering Rd, Tassia"),
    "Westlands": ("Mpaka Road", "Waiyaki Way [OLT-02/GPON 11]", 'The "Mall", Westlands'),
    "Embakasi": ("Fedha Estate gate B", "Nyayo Estate\nCourt 42"),
}
# For the demo: names of the bundled gazetteer, and about how many tickets each has.
AREAS = {
    "Kilimani": (-1.284, 36.7838, 9), "Parklands": (-1.2562, 36.8024, 7), "Kileleshwa": (-1.2685, 36.7849, 6),
    "Embakasi": (-1.3219, 36.9354, 8), "Pipeline": (-1.313, 36.8908, 8), "Kasarani": (-1.2281, 36.8992, 7),
    "Roysambu": (-1.203, 36.8837, 5), "Karen": (-1.3332, 36.7264, 4), "Langata": (-1.3545, 36.8047, 4),
    "Ngara": (-1.2715, 36.825, 3), "Nairobi West": (-1.3184, 36.8141, 4), "Kangemi": (-1.2658, 36.7511, 3),
    "Eastleigh": (-1.2708, 36.847, 6), "Githurai": (-1.1998, 36.9072, 4),
}  # fmt: skip
ROADS = ("Argwings Kodhek Rd", "Ngong Road", "Outering Rd", "Mombasa Road", "Thika Road", "Jogoo Rd", "Limuru Road")
KINDS = ("no light", "no light", "slow", "cut", "power")
TEAMS = ("Field A", "Field A", "Field B", "Field C", "NOC", "")
TITLES = ("Replace splitter", "Move cable, road works", "Upgrade OLT firmware", 'Splice "ring 4"', "Battery change")
STATUSES = ("open", "pending", "closed", "closed", "closed", "closed", "cancelled")
STEPS = (
    "requested",
    "approved",
    "scheduled",
    "in_progress",
    "completed",
    "completed",
    "completed",
    "failed",
    "cancelled",
)
OUTCOMES = ("successful", "successful", "successful_with_issues")


def main() -> None:
    """Write both files."""
    random.seed(20261120)
    rows = [_incident(number) for number in range(1, 401)]
    rows[17]["mttr"] = "abc"
    rows[41]["closed_at"] = "2026-02-30 10:00"
    rows[90].update(latitude="-1.2921", longitude="36.7856")
    rows[91].update(latitude="36.7856", longitude="-1.2921")  # the wrong way round: not believed
    rows.append(rows[5] | {"source_updated_at": _text(NOW), "normalized_status": "closed", "raw_status": "Closed"})
    rows.append(rows[60] | {"ticket_id": "1.2E+05"})
    _write("inc", INC, rows, b"INC009998,Open,open\r\nINC009999,Open,open,no light,true,false,caf\xe9" + b"," * 25)
    rows = [_change(number) for number in range(1, 121)]
    rows[11]["planned_start_at"] = "next Tuesday"
    rows[40].update(latitude="-1.2921", longitude="36.7856")
    rows.append(rows[3] | {"source_updated_at": _text(NOW), "normalized_status": "failed", "outcome": "backed_out"})
    _write("crq", CRQ, rows, b"CRQ009998,Battery change,Approved")
    random.seed(20261121)
    _write("inc", INC, [_shown(number) for number in range(1, 701)], b"", "demo.csv")


def _write(
    feed: str, header: tuple[str, ...], rows: list[dict[str, str]], broken: bytes, name: str = "sample.csv"
) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    (FEEDS / feed / name).write_bytes(out.getvalue().encode() + (broken + b"\r\n" if broken else b""))


def _shown(number: int) -> dict[str, str]:
    """Make a ticket of the demo; each fifth of the last days is still open, and a few older ones are."""
    row, minutes = _incident(number), int(random.lognormvariate(7.3, 0.8))  # median: a day
    age = int(random.betavariate(1, 2.6) * 30 * 1440)
    created = NOW - timedelta(minutes=age + 5)
    is_open = minutes > age or random.random() < 0.012
    status = random.choice(("open", "open", "pending")) if is_open else random.choice(("closed",) * 14 + ("cancelled",))
    done = "" if is_open else _text(created + timedelta(minutes=minutes))
    cluster = random.choices(list(AREAS), [area[2] for area in AREAS.values()])[0]
    north, east, _ = AREAS[cluster]
    exact = random.random() < 0.6
    seen = _text(created + timedelta(minutes=7))
    return row | {
        "raw_status": status.capitalize(),
        "normalized_status": status,
        "bucket": random.choice(KINDS),
        "cluster": "" if number % 60 == 0 else cluster,
        "region": "Nairobi East" if east > 36.84 else "Nairobi West",
        "location_name": f"{random.choice(ROADS)} [OLT-{number % 20:02}/GPON {number % 16}]",
        "assigned_team": random.choice(TEAMS),
        "sla_status": "" if is_open else "met" if minutes <= 2880 else "breached",
        "mttr": "" if is_open else f"{minutes}.0",
        "scheduled_at": _text(NOW + timedelta(hours=number % 30)) if status == "pending" else "",
        "closed_at": done,
        "created_at_service": "" if number % 4 == 0 else _text(created),
        "first_seen_at": seen,
        "last_seen_at": _text(NOW),
        "source_created_at": seen,
        "source_updated_at": done or seen,
        "latitude": f"{north + random.gauss(0, 0.008):.4f}" if exact else "",
        "longitude": f"{east + random.gauss(0, 0.008):.4f}" if exact else "",
    }


def _incident(number: int) -> dict[str, str]:
    status = random.choice(STATUSES)
    minutes = random.randrange(20, 2_000)
    done = status in ("closed", "cancelled")
    row = _ticket("inc", number, status, minutes)
    return row | {
        "bucket": random.choice(("no light", "slow", "cut", "power")),
        "is_alarm": "true" if number % 8 == 0 else "false",
        "is_auto_created": "false",
        "is_auto_closed": "false",
        "service_type": "FTTH",
        "sla_status": random.choice(("met", "breached")) if done else "",
        "mttr": f"{minutes}.0" if done else "",
        "scheduled_at": row["source_updated_at"] if status == "pending" else "",
        "closed_at": row["source_updated_at"] if done else "",
    }


def _change(number: int) -> dict[str, str]:
    status = random.choice(STEPS)
    minutes = random.randrange(60, 600)
    row = _ticket("crq", number, status, minutes)
    updated = row["source_updated_at"] if status == "cancelled" else ""
    began, ended = status in ("in_progress", "completed", "failed"), status in ("completed", "failed")
    start = NOW + timedelta(hours=random.randrange(11, 24 * 14)) * (-1 if began else 1)
    outcome = {"completed": random.choice(OUTCOMES), "failed": random.choice(("failed", "backed_out"))}
    return row | {
        "title": random.choice(TITLES),
        "change_type": random.choice(("standard", "standard", "normal", "emergency")),
        "risk": random.choice(("low", "medium", "high")),
        "planned_start_at": _text(start),
        "planned_end_at": _text(start + timedelta(hours=4)),
        "actual_start_at": _text(start + timedelta(minutes=9)) if began else "",
        "actual_end_at": _text(start + timedelta(minutes=minutes)) if ended else "",
        "closed_at": _text(start + timedelta(minutes=minutes + 30)) if ended else updated,
        "outcome": outcome.get(status, ""),
    }


def _ticket(feed: str, number: int, status: str, minutes: int) -> dict[str, str]:
    """Make what both kinds of ticket have: `minutes` is how long it took."""
    cluster = random.choice(list(PLACES))
    created = NOW - timedelta(minutes=random.randrange(60, 60 * 24 * 30))
    seen = created + timedelta(minutes=7)
    return {
        "ticket_id": f"{feed.upper()}{number:06}",
        "raw_status": status.replace("_", " ").capitalize(),
        "normalized_status": status,
        "is_actionable": random.choice(("true", "true", "false")),
        "cluster": cluster,
        "region": "Nairobi West" if cluster == "Kilimani" else "Nairobi East",
        "location_name": random.choice(PLACES[cluster]),
        "assigned_team": random.choice(("Field A", "Field B", "NOC", "")),
        "owner": random.choice(("W. Otieno", "A. Njeri", "")),
        "created_at_service": "" if number % 3 == 0 else _text(created),
        "first_seen_at": _text(seen),
        "last_seen_at": _text(NOW - timedelta(days=2)),
        "source_created_at": _text(seen),
        "source_updated_at": _text(created + timedelta(minutes=minutes)),
        "week_start": "2026-11-16",
        "week_end": "2026-11-22",
        "source_s3_bucket": "tickets",
        "source_s3_key": f"automations/{feed}/sample.csv",
        "source_snapshot_id": "s-1",
        "department": "NOC",
        "source_type": "api",
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    main()
