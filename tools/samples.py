"""Write the samples of feeds/inc and feeds/crq: made-up tickets, with all that an export can hold; always the same."""

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


def _write(feed: str, header: tuple[str, ...], rows: list[dict[str, str]], broken: bytes) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    (FEEDS / feed / "sample.csv").write_bytes(out.getvalue().encode() + broken + b"\r\n")


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
