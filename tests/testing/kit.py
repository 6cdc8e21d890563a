"""A project of its own with one feed and one geocoder, both sound, in which a test plants one fault."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

FEED = '''"""Faults of fibre lines."""

from dataclasses import replace
from random import random

from fleetfeed import (
    Changes, Drop, Feed, Moment, Roles, RowRejected, Snapshot, Text, Ticket, Whole, YesNo, hookimpl, is_true
)

FEED = Feed(
    name="fibre",
    key="number",
    winner=("updated_at",),
    sentinel="STOPPED",
    drops=(is_true("is_test", reason="test"),),
    columns=(
        Text("state", fold=str.lower),
        Text("area"),
        Text("team"),
        Whole("minutes"),
        YesNo("is_test"),
        Moment("opened_at"),
        Moment("closed_at"),
        Moment("updated_at", formats=("%d-%m-%Y %H:%M",)),
    ),
    roles=Roles(
        status="state",
        closed_statuses=("closed", "withdrawn"),
        closed="closed_at",
        created=("opened_at",),
        cluster="area",
        team="team",
    ),
)
'''
GEOCODER = '''"""The company's own register of streets."""

import logging

from fleetfeed import Geocoder, GeocodeResult, NotUnderstood, Point, RateLimited, hookimpl

GEOCODER = Geocoder(needs=("host", "api_key"), per_second=10)
last = {}


@hookimpl
def geocode(query, service):
    params = {"q": query.text, "key": service.settings.api_key}
    reply = service.get("/find", params)
    return GeocodeResult.of(map(result, reply.check().places()))


def degrees(text):
    try:
        return float(text)
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def result(place):
    return GeocodeResult(Point.read(place.get("lat"), place.get("lon")), "street", str(place.get("display_name")))
'''
HEADER = ("number", "state", "area", "team", "minutes", "is_test", "opened_at", "closed_at", "updated_at")


def sample() -> list[dict[str, str]]:
    """Make the rows of the feed's sample: open and closed ones, one of a test, two records of one ticket."""
    rows = [_row(number) for number in range(1, 13)]
    rows[4]["is_test"] = "yes"
    return [*rows, rows[0] | {"team": "West", "updated_at": "09-02-2026 08:00"}]


def _row(number: int) -> dict[str, str]:
    closed = number % 3 == 0
    cells = (
        *(f"F{number}", "Closed" if closed else "Open", f"Area {number % 4}", f"Team {number % 2}", f"{number}0.0"),
        *("no", f"2026-02-0{number % 5 + 1} 08:00", "2026-02-07 09:30" if closed else "", f"08-02-2026 {number:02}:00"),
    )
    return dict(zip(HEADER, cells, strict=True))


def written(rows: list[dict[str, str]]) -> str:
    """Write rows as an export."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def same(text: str) -> str:
    """Change nothing."""
    return text


def after(code: str) -> Callable[[str], str]:
    """Add code to a plugin."""
    return lambda text: f"{text}\n{dedent(code)}"


def instead(old: str, new: str) -> Callable[[str], str]:
    """Replace one piece of a plugin."""

    def changed(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return changed


def project(folder: Path, feed: str = FEED, export: str | None = "", geocoder: str = GEOCODER) -> Path:
    """Write the project."""
    for name in ("feeds/fibre", "geocoders"):
        (folder / name).mkdir(parents=True)
    (folder / "fleetfeed.toml").write_text('[project]\ntimezone = "Africa/Nairobi"\n')
    (folder / "feeds" / "fibre" / "__init__.py").write_text(feed)
    if export is not None:
        (folder / "feeds" / "fibre" / "sample.csv").write_text(export or written(sample()))
    (folder / "geocoders" / "register.py").write_text(geocoder)
    return folder
