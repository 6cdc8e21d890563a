"""Write feeds/inc/sample.csv: made-up incidents with all that an export can hold, the same ones each time."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path

TARGET = Path(__file__).parents[1] / "feeds" / "inc" / "sample.csv"
NOW = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 (East Africa Time text, as in an export)
HEADER = (
    *("ticket_id", "raw_status", "normalized_status", "bucket", "is_actionable", "is_alarm", "is_auto_created"),
    *("is_auto_closed", "service_type", "cluster", "region", "location_name", "assigned_team", "owner", "sla_status"),
    *("mttr", "created_at_service", "scheduled_at", "closed_at", "first_seen_at", "last_seen_at"),
    *("source_created_at", "source_updated_at", "latitude", "longitude", "week_start", "week_end"),
    *("source_s3_bucket", "source_s3_key", "source_snapshot_id", "department", "source_type"),
)
PLACES = {
    "Kilimani": ("Moi Avenue, Kilimani [OLT-07/GPON 3]", "Argwings Kodhek Rd", "A1 Plaza", "Yaya Centre, 2nd Floor"),
    "QOA": ("Quarry Road, block C", "Gikomba stage", "Jogoo Rd [FAT 12]"),
    "PTMP": ("Pipeline Estate, hse 14", "Outering Rd, Tassia"),
    "Westlands": ("Mpaka Road", "Waiyaki Way [OLT-02/GPON 11]", 'The "Mall", Westlands'),
    "Embakasi": ("Fedha Estate gate B", "Nyayo Estate\nCourt 42"),
}
STATUSES = ("open", "pending", "closed", "closed", "closed", "closed", "cancelled")


def main() -> None:
    """Write the file."""
    random.seed(20261120)
    rows = [_row(number) for number in range(1, 401)]
    rows[17]["mttr"] = "abc"
    rows[41]["closed_at"] = "2026-02-30 10:00"
    rows[90].update(latitude="-1.2921", longitude="36.7856")
    rows[91].update(latitude="36.7856", longitude="-1.2921")  # the wrong way round: not believed
    rows.append(rows[5] | {"source_updated_at": _text(NOW), "normalized_status": "closed", "raw_status": "Closed"})
    rows.append(rows[60] | {"ticket_id": "1.2E+05"})
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    text = out.getvalue().encode() + b"INC009998,Open,open\r\n"
    TARGET.write_bytes(text + b"INC009999,Open,open,no light,true,false,caf\xe9" + b"," * 25 + b"\r\n")


def _row(number: int) -> dict[str, str]:
    cluster = random.choice(list(PLACES))  # noqa: S311 (no secret is made here)
    status = random.choice(STATUSES)  # noqa: S311
    created = NOW - timedelta(minutes=random.randrange(60, 60 * 24 * 30))  # noqa: S311
    minutes = random.randrange(20, 2_000)  # noqa: S311
    done = status in ("closed", "cancelled")
    seen = created + timedelta(minutes=7)
    return {
        "ticket_id": f"INC{number:06}",
        "raw_status": status.capitalize(),
        "normalized_status": status,
        "bucket": random.choice(("no light", "slow", "cut", "power")),  # noqa: S311
        "is_actionable": random.choice(("true", "true", "false")),  # noqa: S311
        "is_alarm": "true" if number % 8 == 0 else "false",
        "is_auto_created": "false",
        "is_auto_closed": "false",
        "service_type": "FTTH",
        "cluster": cluster,
        "region": "Nairobi West" if cluster == "Kilimani" else "Nairobi East",
        "location_name": random.choice(PLACES[cluster]),  # noqa: S311
        "assigned_team": random.choice(("Field A", "Field B", "NOC", "")),  # noqa: S311
        "owner": random.choice(("W. Otieno", "A. Njeri", "")),  # noqa: S311
        "sla_status": random.choice(("met", "breached")) if done else "",  # noqa: S311
        "mttr": f"{minutes}.0" if done else "",
        "created_at_service": "" if number % 3 == 0 else _text(created),
        "closed_at": _text(created + timedelta(minutes=minutes)) if done else "",
        "first_seen_at": _text(seen),
        "last_seen_at": _text(NOW - timedelta(days=2)),
        "source_created_at": _text(seen),
        "source_updated_at": _text(seen + timedelta(minutes=minutes)),
        "week_start": "2026-11-16",
        "week_end": "2026-11-22",
        "source_s3_bucket": "tickets",
        "source_s3_key": "automations/inc/sample.csv",
        "source_snapshot_id": "s-1",
        "department": "NOC",
        "source_type": "api",
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    main()
