"""What exports differ in is declared: however an export is written, the same tickets come out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Feed, Moment
from fleetfeed.errors import ExportRefused
from fleetfeed.stages.normalise import feed_normalise
from tests.kit import examples
from tests.reader.samples import SMALL, any_text, read, rows_of, written

HEADER = ("id", "place", "touched")
DAY_FIRST = ("%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z")

moments = st.datetimes(datetime(1971, 1, 1), datetime(2198, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))  # noqa: DTZ001
# What cp1252 knows, too; a spool has no NUL and one kind of line end.
western = st.text(st.characters(codec="cp1252", exclude_characters="\0\r\x85"), max_size=20)


def dialect(**members: object) -> Feed:
    """Declare SMALL with its times in several formats, and something different."""
    columns = (Moment("touched", formats=DAY_FIRST), *(item for item in SMALL.columns if item.name != "touched"))
    return replace(SMALL, columns=columns, **members)  # type: ignore[arg-type]


def tickets(content: bytes, feed: Feed) -> dict[str, dict[str, str]]:
    found = (feed_normalise(feed, row) for row in rows_of(content, feed))
    return {ticket.key: dict(ticket.raw) for ticket in found}


@settings(max_examples=examples(12))
@given(
    st.lists(st.tuples(western, moments), max_size=8), st.sampled_from(",;\t|"), st.sampled_from(["cp1252", "utf-16"])
)
def test_another_delimiter_and_encoding_give_the_same_tickets(
    rows: list[tuple[str, datetime]], delimiter: str, encoding: str
) -> None:
    cells = [(f"T{number}", place, at.isoformat(" ")) for number, (place, at) in enumerate(rows)]
    feed = dialect(delimiter=delimiter, encoding=encoding)
    content = written(HEADER, cells, delimiter=delimiter).decode().encode(encoding)
    assert tickets(content, feed) == tickets(written(HEADER, cells), dialect())


@settings(max_examples=examples(12))
@given(st.lists(st.tuples(st.sampled_from("ab"), moments, st.sampled_from([0, 1, 2, 3])), max_size=8))
def test_winner_and_ticket_are_equal_in_every_spelling_of_a_time(
    rows: list[tuple[str, datetime, int]],
) -> None:
    def spelt(at: datetime, way: int) -> str:
        plain = f"{at.day}/{at.month}/{at:%Y %H:%M}", f"{at:%d-%m-%Y %H:%M}", f" {at:%Y-%m-%d %H:%M:%S}\xa0"
        return plain[way] if way < 3 else f"{at:%Y-%m-%dT%H:%M:%S}+03:00"

    ways = [written(HEADER, [(key, str(n), spelt(at, way)) for n, (key, at, way) in enumerate(rows)])]
    ways.append(written(HEADER, [(key, str(n), at.isoformat(" ")) for n, (key, at, _) in enumerate(rows)]))
    zone = ZoneInfo("Africa/Nairobi")
    found = [tickets(content, dialect().in_zone(zone.key)) for content in ways]
    times = [{key: instant_of(raw["touched"], zone) for key, raw in one.items()} for one in found]
    assert times[0] == times[1]
    assert [{key: raw["place"] for key, raw in one.items()} for one in found[:1]] == [
        {key: raw["place"] for key, raw in one.items()} for one in found[1:]
    ]
    latest = {key: max(at for other, at, _ in rows if other == key) for key, *_ in rows}
    assert times[0] == {key: at.replace(tzinfo=zone) for key, at in latest.items()}


@given(any_text)
def test_a_cell_that_is_no_time_stays_as_it_is(cell: str) -> None:
    spelt = Moment("at", formats=DAY_FIRST).spelling
    assert spelt is not None
    assert spelt(cell) == cell or datetime.fromisoformat(spelt(cell))


@pytest.mark.parametrize(
    "cell", ["01/01/0001 00:00", "31/12/9999 23:59", "9999-12-31T23:59:59-12:00", "29/02/2015 00:00"]
)
def test_times_at_the_ends_of_the_calendar_break_nothing(cell: str) -> None:
    assert set(tickets(written(HEADER, [("T1", "x", cell)]), dialect())) == {"T1"}


def test_nulls_are_no_cells_and_no_keys() -> None:
    content = written(HEADER, [("T1", " ? ", "?"), ("?", "x", ""), ("?", "y", ""), ("T2", "N/A", "n/a")])
    feed = dialect(nulls=("?", "N/A"))
    with read(content, feed) as export:
        assert export.superseded == 0  # two records without a key are no two versions of one ticket
        first, *_, last = [row for row in export.compare(None).changed() if row.key]
    assert feed_normalise(feed, first).raw == {"id": "T1"}
    assert feed_normalise(feed, last).raw == {"id": "T2", "touched": "n/a"}


def instant_of(text: str, zone: ZoneInfo) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def names_of(header: Sequence[str], headers: dict[str, str]) -> list[str]:
    feed = dialect(headers=headers)
    (row,) = rows_of(written(header, [["a", "b", "c"]]), feed)
    return [*row.values]


def test_an_export_may_spell_its_header_in_several_ways() -> None:
    headers = {"Ticket No.": "id", "number": "id", "Last Touched": "touched"}
    assert names_of(["Ticket No.", " place ", "Last Touched"], headers) == ["id", "place", "touched"]
    assert names_of(["number", "place", "touched"], headers) == ["id", "place", "touched"]


def test_a_column_named_twice_in_any_spelling_is_refused() -> None:
    with pytest.raises(ExportRefused, match="names 'id' twice"):
        names_of(["id", "number", "place"], {"number": "id"})


def test_bytes_that_the_encoding_does_not_know_reject_their_record_alone() -> None:
    content = b"id,place\nT1,Caf\xe9\nT2,\x81\nT3,x\n"
    with read(content, dialect(encoding="cp1252")) as export:
        assert [(reject.line, reject.reason) for reject in export.rejects] == [(3, "bytes that are not UTF-8")]
        assert [row.values["place"] for row in export.compare(None).changed()] == ["Café", "x"]


@pytest.mark.parametrize(("content", "encoding"), [(b"\xff\xfei\0d\0\n", "utf-16"), (b"\x00\xd8a", "utf-16-le")])
def test_what_is_not_in_its_encoding_is_refused(content: bytes, encoding: str) -> None:
    with pytest.raises(ExportRefused, match=f"not written in {encoding}"), read(content, dialect(encoding=encoding)):
        pass


def test_another_delimiter_is_hinted_at_whatever_is_declared() -> None:
    content = written(("id", "place"), [("T1", "x")])
    with pytest.raises(ExportRefused, match="separated by ',' instead of ';'"), read(content, dialect(delimiter=";")):
        pass


def test_quotes_commas_and_too_many_fields_follow_the_delimiter() -> None:
    content = b'id;place\nT1;"a;b"\nT2;a,b\nT3;x;\nT4;5" pipe\n'
    with read(content, dialect(delimiter=";")) as export:
        assert [(reject.line, reject.reason) for reject in export.rejects] == [(4, "too many fields")]
        assert [row.values["place"] for row in export.compare(None).changed()] == ["a;b", "a,b", '5" pipe']
