"""The SQL of a proof and of a swap: files of this folder, filled with the names of a feed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fleetfeed.database.schema.tables import literal, quoted, table
from fleetfeed.feed import Feed

_COUNTS = ("read", "dropped", "rejected", "superseded", "inserted", "updated", "unchanged", "absent", "returned")
_CLOSURE = ("cluster", "region", "assigned_team", "owner", "mttr", "sla_status", "raw_status")  # of a closure


def filled(file: str, live: Feed) -> str:
    """Return a file of this folder, filled with the names of a feed and its shadow."""
    shadow = live.shadow
    text = Path(__file__).with_name(file).read_text("utf-8")
    for name, sql in {
        "live": table(live),
        "shadow": table(shadow),
        "live_text": literal(live.name),
        "shadow_text": literal(shadow.name),
        "live_days": f"tickets.{quoted(f'{live.name}_daily_snapshot')}",
        "shadow_days": f"tickets.{quoted(f'{shadow.name}_daily_snapshot')}",
        "bookkeeping": _array(live.bookkeeping),
        "cells(l)": _cells(live, "l"),
        "cells(s)": _cells(live, "s"),
        "closure": ", ".join(("ticket_id", "closed_at", "observed_at", *_CLOSURE)),
        "closure_cells": ", ".join(_CLOSURE),
        **{f"closure_cells({row})": ", ".join(f"{row}.{name}" for name in _CLOSURE) for row in "es"},
        "counts": _array(_COUNTS),
        "zone": literal(live.zone),
    }.items():
        text = text.replace(f"@{name}@", sql)
    return text


def _cells(feed: Feed, row: str) -> str:
    """Return the bookkeeping cells of a row as one array."""
    return f"ARRAY[{', '.join(f'{row}.raw -> {literal(name)}' for name in feed.bookkeeping)}]::jsonb[]"


def _array(names: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(literal, names))}]::text[]"
