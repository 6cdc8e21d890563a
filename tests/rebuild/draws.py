"""Draws exports of a feed that has every kind of trouble."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.kit import FEED, export, ticket
from tests.rebuild.kit import CLOSED

_CELLS: dict[str, list[dict[str, str]]] = {
    "status": [{}, CLOSED, {"normalized_status": "", "closed_at": "2026-11-20 08:00:00"}],
    "cells": [{}, {"assigned_team": "Field B"}, {"cluster": "Ruiru", "owner": 'A, "B"'}],
    "place": [{}, {"latitude": "-1.3", "longitude": "36.8"}, {"mttr": "abc"}],
    "kept": [{}, {"last_seen_at": "2026-11-20 10:00:00"}, {"source_updated_at": "2026-11-19 12:00:00"}],
    "alarm": [{}, {}, {}, {"is_alarm": "true"}],
}
_ROW = st.tuples(
    st.sampled_from(["T1", "T2", "T3", "T4", "T5", ""]),
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in _CELLS.items()}),
)
_END = st.sampled_from([b"", b"", b"T1,cut off", b'T9,"stray\r\n', f"{FEED.sentinel}\r\n".encode()])
Rows = list[tuple[str, dict[str, dict[str, str]]]]
EXPORT = st.tuples(st.lists(_ROW, min_size=1, max_size=7), _END, st.booleans())
_HEADER = [*ticket("T"), "owner", "mttr", "closed_at", "latitude", "longitude"]


def content(rows: Rows, end: bytes, turned: bool) -> bytes:
    """Write a drawn export; `turned`: with its columns the other way round."""
    made = [
        ticket(key, **{name: cell for part in parts.values() for name, cell in part.items()}) for key, parts in rows
    ]
    return export(made, _HEADER[::-1] if turned and not end else _HEADER) + end
