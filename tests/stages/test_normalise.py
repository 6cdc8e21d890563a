"""One kept row becomes one ticket."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetfeed import RowRejected, Ticket
from fleetfeed.stages.normalise import feed_normalise
from fleetfeed.text.parse import location_key
from tests.kit import FEED
from tests.reader.samples import SMALL, awkward_text, row

names = st.sampled_from(["id", "status", "cluster", "place", "alarm", "mttr", "ended", "junk", "new column", "ID"])
cells = st.dictionaries(names, st.none() | awkward_text)


def normalised(**values: str | None) -> Ticket:
    return feed_normalise(SMALL, row(values))


@given(cells)
@example({"id": "\0"})
@example({"id": "\ufeff"})
def test_any_row_is_a_ticket_or_rejected(values: dict[str, str | None]) -> None:
    try:
        ticket = feed_normalise(SMALL, row(values))
    except RowRejected as rejected:
        assert rejected.reason in {"empty key", "key in E-notation", "key too long"}  # noqa: PT017 (both ends are right)
        return
    assert ticket.raw["id"] == ticket.key
    assert "junk" not in ticket.raw
    assert ticket.raw.keys() <= values.keys()
    for name, text in ticket.raw.items():
        assert text
        assert text == text.strip()
        assert "\0" not in text
        came = (values[name] or "").replace("\0", "").strip()
        assert text == (came.upper() if name == "status" else came)
    left_out = values.keys() - ticket.raw.keys() - {"junk"}
    assert not any((values[name] or "").replace("\0", "").strip() for name in left_out)
    assert ticket.location_key == location_key(ticket.raw.get("place"))


@given(cells)
def test_a_ticket_normalises_to_itself(values: dict[str, str | None]) -> None:
    ticket = feed_normalise(SMALL, row(values | {"id": "INC1"}))
    again = feed_normalise(SMALL, row(ticket.raw))
    assert (again.key, again.raw, again.location_key) == (ticket.key, ticket.raw, ticket.location_key)


@given(cells)
def test_normalising_is_pure(values: dict[str, str | None]) -> None:
    before = dict(values)
    keyed = row(values | {"id": "INC1"})
    assert feed_normalise(SMALL, keyed) == feed_normalise(SMALL, keyed)
    assert values == before


@pytest.mark.parametrize("key", [None, "", " ", "\xa0", "\t\u3000", "\0", " \0 "])
def test_an_empty_key_is_rejected(key: str | None) -> None:
    with pytest.raises(RowRejected) as caught:
        normalised(id=key, status="open")
    assert caught.value.reason == "empty key"


def test_a_row_without_the_key_is_rejected() -> None:
    with pytest.raises(RowRejected, match="empty key"):
        normalised(status="open")


@pytest.mark.parametrize("key", ["1.2E+05", " 1e5 ", "1.2E+\x0005"])
def test_a_key_that_a_spreadsheet_has_ruined_is_rejected(key: str) -> None:
    with pytest.raises(RowRejected) as caught:
        normalised(id=key)
    assert caught.value.reason == "key in E-notation"
    assert key.strip().replace("\0", "") in caught.value.detail


def test_folds_apply_to_what_is_stored() -> None:
    ticket = feed_normalise(
        FEED, row({"ticket_id": " INC1 ", "raw_status": " Open ", "region": "Nairobi WEST", "cluster": "QOA"})
    )
    assert ticket.raw == {"ticket_id": "INC1", "raw_status": "OPEN", "region": "nairobi west", "cluster": "QOA"}


def test_a_cell_that_is_not_of_its_type_stays_as_it_came() -> None:
    assert normalised(id="1", mttr="abc", ended="2026-02-30 10:00", urgent="perhaps").raw == {
        "id": "1",
        "mttr": "abc",
        "ended": "2026-02-30 10:00",
        "urgent": "perhaps",
    }


def test_unknown_columns_are_kept_trimmed_and_else_as_they_came() -> None:
    assert normalised(id="1", Ünknown="  As  IT came ", status="x").raw["Ünknown"] == "As  IT came"
