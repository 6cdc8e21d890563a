"""The teams of a feed as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from fleetfeed.text.escape import printable
from fleetfeed.text.times import moment

_MOST = 10  # handovers shown
_HEADINGS = (
    *("team", "worked", "closed", "cancelled", "lasted", "reopened", "held", "to repair", "in target"),
    *("open", "overdue"),
)


def report(document: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the report."""
    filters, totals, nobody = document["filters"], document["totals"], document["unattributed"]
    where = f", cluster {filters['cluster']}" if filters["cluster"] is not None else ""
    begin, end = (moment(filters[name], ZoneInfo(filters["timezone"])) for name in ("from", "to"))
    yield printable(f"{document['feed']}: closed {begin} to {end}{where}")
    if since := document["attribution_since"]:
        corrected = f", {totals['corrected']:,} with a corrected closing time" if totals["corrected"] else ""
        attributed = moment(since, ZoneInfo(filters["timezone"]))
        cancelled = totals["episodes"] - totals["closed"]
        yield f"  {totals['closed']:,} repaired, {cancelled:,} cancelled{corrected}; attributed since {attributed}"
    else:
        yield "  Nothing is captured yet."
    yield from _table(document["teams"])
    if nobody["closed"]:
        yield f"  {nobody['closed']:,} repaired without a known team (unattributed)"
    for pair in document["handovers"][:_MOST]:
        yield printable(f"  {pair['n']:,} handed over from {pair['from']} to {pair['to']}")


def _table(teams: list[dict[str, Any]]) -> Iterator[str]:
    if not teams:
        return
    rows = [_HEADINGS, *map(_row, teams)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield f"  {name.ljust(widths[0])}  {numbers}"


def _row(team: dict[str, Any]) -> tuple[str, ...]:
    counts = (team["closed"]["as_worker"], team["closed"]["as_closer"], team["cancelled"])
    return (
        printable(f"{team['team']} (desk)" if team["desk"] else team["team"]),
        *(f"{count:,}" for count in counts),
        _share(team["lasted"]["pct"]),
        f"{team['reopened']:,}",
        _time(team["stretch_minutes"]["p50"]),
        _time(team["repair_minutes"]["p50"]),
        _share(team["within_target"]["pct"]),
        f"{team['open']:,}",
        f"{team['overdue']:,}",
    )


def _share(pct: float | None) -> str:
    return "–" if pct is None else f"{pct:.0f} %"


def _time(minutes: float | None) -> str:
    if minutes is None:
        return "–"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
