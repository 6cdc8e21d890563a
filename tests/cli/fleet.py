"""Units of a site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.site import Site

LIST = "unit,team,kind,home_latitude,home_longitude\nvan-1,Field A,van,-1.30,36.82\nvan-2,,,,\n"


def now(minutes: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")


def put(site: Site, *rows: str) -> None:
    text = "".join(f"{row}\n" for row in ("unit,latitude,longitude,at,accuracy_m", *rows))
    (site.folder / "positions in" / "vans.csv").write_text(text)
