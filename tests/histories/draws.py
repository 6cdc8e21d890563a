"""What the rules draw: small words for tickets and records, so that a failing history can be read."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from tests.histories.exports import STOP, Record
from tests.kit import HEADER, ticket

Cells = dict[str, str]  # in which a ticket is unlike an ordinary one
Line = tuple[str, Cells | None]  # a key and its cells; None is a record that is too short


class How(NamedTuple):
    """How an export comes about."""

    edits: dict[str, Cells | None]  # tickets that are new or different now; None is no longer listed
    extras: list[Line]  # further records, of keys that are listed, too, or are none
    name: str
    then: str  # the run that comes next, or none, so that it waits for other exports


KEYS = st.sampled_from(["T1", "T2", "T3", "T4", "T5"])
VARIANTS: st.SearchStrategy[Cells] = st.sampled_from(
    [
        {},
        {"owner": "Amina"},
        {"owner": "Brian", "mttr": "7"},
        {"is_alarm": "true"},
        {"normalized_status": "closed", "closed_at": "2026-11-19 09:30"},
        {"normalized_status": "", "closed_at": "2026-11-19 09:45"},
        {"normalized_status": "cancelled", "owner": ""},
        {"last_seen_at": "2026-11-20 09:00:00"},  # bookkeeping alone
        {"source_updated_at": "2026-11-19 09:00:00"},
        {"source_updated_at": ""},
        {"assigned_team": " Field A "},  # the same in another spelling
        {"department": "Sales"},  # a column that is ignored
    ]
)
STOPS: st.SearchStrategy[Line] = st.sampled_from([(f"{STOP} at 5 rows", {}), (STOP, None)])
EXTRAS: st.SearchStrategy[Line] = st.one_of(
    st.tuples(KEYS, VARIANTS),
    st.tuples(KEYS, st.none()),
    st.sampled_from([("", {}), ("1.2E+05", {}), ("", {"is_alarm": "true"}), (" T1 ", {})]),
    STOPS,
)
NAMES = st.sampled_from(["a.csv", "b.csv", "c.csv", "d.csv"])
THEN = st.sampled_from(["runs", "runs, no archive", "runs, older allowed", "waits"])
HOW = st.builds(
    How,
    st.dictionaries(KEYS, st.one_of(VARIANTS, st.none()), min_size=1, max_size=3),
    st.lists(EXTRAS, max_size=2),
    NAMES,
    THEN,
)
WHICH = st.integers(0, 5)
RARELY = st.sampled_from([False, False, False, True])


def record(key: str, variant: Cells | None, hours: int) -> Record:
    """Make a record of these words."""
    if variant is None:
        return Record({"ticket_id": key, "raw_status": "Open"})
    cells = dict.fromkeys(HEADER, "") | ticket(key, **variant)
    if time := cells["source_updated_at"]:
        cells["source_updated_at"] = f"{time[:11]}{int(time[11:13]) + hours:02}{time[13:]}"
    return Record(cells)
