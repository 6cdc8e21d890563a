"""Reading gives back exactly the cells that were written, or says why not: DuckDB itself, no double."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from tests.kit import examples
from tests.reader.samples import NARROW, SMALL, any_text, read, rows_of, written

HEADER = ("status", "id", "place")
cell = st.none() | any_text.map(lambda text: text.replace("\0", "")) | st.text('a ",\\\n', max_size=5)
_BYTES = (b",", b'"', b"\\", b"\n", b"a", b"b", b"\xe9", b"\r", b"\0", b'""', b"\r\n", b"x,y,z\n", b"EXPORT STOPPED")


def as_read(text: str | None) -> str | None:
    """Line ends in a cell become LF; an empty cell is no cell."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n") or None


@settings(max_examples=examples(10))
@given(
    st.lists(st.tuples(cell, cell, cell), max_size=30),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.sampled_from([SMALL, NARROW]),
)
def test_every_cell_comes_back_as_it_was_written(
    rows: list[tuple[str | None, str | None, str | None]], end: str, bom: bool, feed: Feed
) -> None:
    keyed = [(status, f"{number} {key or ''}", place) for number, (status, key, place) in enumerate(rows)]
    content = b"\xef\xbb\xbf" * bom + written(HEADER, keyed, end)
    with read(content, feed) as export:
        assert (export.read, export.rows, export.rejects, export.superseded) == (len(rows), len(rows), [], 0)
        found = list(export.compare(None).changed())
    assert [tuple(row.values.values()) for row in found] == [tuple(map(as_read, cells)) for cells in keyed]
    assert [row.number for row in found] == list(range(1, len(rows) + 1))
    assert all(tuple(row.values) == HEADER for row in found)
    assert [row.key for row in found] == [(as_read(key) or "").strip() for _, key, _ in keyed]


# The feed ignores `junk`: the first pass does not ask for it, the second one does.
@settings(max_examples=examples(6))
@given(
    st.lists(st.sampled_from(_BYTES), max_size=30).map(b"".join),
    st.sampled_from([b"id,status,place\n", b"id,junk,status\n", b"junk,id,status\n"]),
    st.sampled_from([SMALL, NARROW]),
)
@example(b'1,"a\\"b\nc",2\n3,4,5\n', b"id,status,place\n", SMALL)
@example(b"\n\n1,2\n \n\n3,4,5,6\n\xe9\n", b"id,status,place\n", SMALL)
@example(b'"\xe9\n",\n"1" 2\n,,\n', b"id,status,place\n", SMALL)
@example(b"1,caf\xe9,open\n2,x,open\n", b"id,junk,status\n", NARROW)
def test_any_bytes_are_refused_or_every_record_is_accounted_for(body: bytes, header: bytes, feed: Feed) -> None:
    try:
        with read(header + body, feed) as export:
            found = list(export.compare(None).changed())
            assert export.rows + len(export.rejects) + export.sentinels_too_short == export.read == export.spool.records
            assert len(found) + export.superseded == export.rows
            assert export.evidence({row.number for row in found}).keys() == {row.number for row in found}
            lines = [reject.line for reject in export.rejects]
            assert lines == sorted(set(lines))
    except ExportRefused as refused:
        assert "not closed" in refused.cause or "UTF-16" in refused.cause  # noqa: PT017 (both ends are right)


@settings(max_examples=examples(6))
@given(st.lists(st.sampled_from([b"1,open,x\n", b"2,open\n", b'3,"a" b,\n', b'4,"5\\" x",y\n', b"\n", b"\xe9,,\n"])))
def test_a_row_is_cut_out_of_the_file_as_it_lies_there(records: list[bytes]) -> None:
    with read(b"id,status,place\n" + b"".join(records)) as export:
        good = [record for record in records if record.startswith(b"1")]
        cut = export.evidence(set(range(1, len(good) + 1)))
        assert [found.raw for found in cut.values()] == good
        lines = [number for number, record in enumerate(records, 2) if record.startswith(b"1")]
        assert [found.line for found in cut.values()] == lines
        assert [reject.raw for reject in export.rejects] == [r for r in records if r.strip() and r not in good]


def test_a_field_of_300_000_characters_is_read() -> None:
    long = "Mombasa Road, " * 21_500
    assert [row.values["place"] for row in rows_of(written(HEADER, [("open", "1", long)]))] == [long]


def test_nul_characters_are_taken_out_and_counted() -> None:
    with read(b"id,sta\0tus\n1,o\0pen\0\n") as export:
        assert [row.values for row in export.compare(None).changed()] == [{"id": "1", "status": "open"}]
        assert export.spool.nuls == 3


def test_names_that_differ_in_case_only_are_two_columns() -> None:
    assert [row.values for row in rows_of(b"id,Status,status,ID\n1,a,b,c\n")] == [
        {"id": "1", "Status": "a", "status": "b", "ID": "c"}
    ]


@pytest.mark.parametrize("name", ["c0", "n", "select", "a b", "it's", 'say "no"', "état", "1", "x" * 300])
def test_a_header_may_say_anything(name: str) -> None:
    assert [row.values for row in rows_of(written(["id", name], [("1", "open")]))] == [{"id": "1", name: "open"}]


def test_unknown_columns_are_named_in_the_order_of_the_file() -> None:
    with read(b"new,id,junk,column b,status\n") as export:
        assert export.unknown_columns == ["new", "column b"]


def test_a_spreadsheets_words_for_nothing_are_text() -> None:
    words = ["NULL", "null", "N/A", "None", "\\N", "nan", "0", "00123", "1.0", "TRUE"]
    rows = rows_of(written(["id", "status"], [(str(n), word) for n, word in enumerate(words)]))
    assert [row.values["status"] for row in rows] == words


def test_2_000_records_and_more_come_in_the_order_of_the_file() -> None:
    rows = rows_of(written(["id", "status"], [(str(number), "open") for number in range(50_000)]))
    assert [row.key for row in rows] == [str(number) for number in range(50_000)]


@pytest.mark.parametrize(
    ("content", "truncated", "too_short", "rows"),
    [
        (b"id,status\n1,open\n", False, 0, 1),
        (b"id,status\n1,open\nEXPORT STOPPED after 1,\n", True, 0, 2),
        (b"id,status\n1,open\nEXPORT STOPPED after 1 row\n", True, 1, 1),
        (b'id,status\n1,open\n"EXPORT STOPPED, limit"\n', True, 1, 1),
        (b'id,status\n1,open\n "EXPORT STOPPED"\n', True, 1, 1),
        (b"id,status\n1,open\nEXPORT STOPPED, at, last\n", True, 1, 1),
        (b"status,id\nopen,1\nEXPORT STOPPED,\n", True, 0, 2),
        ("id,status\n\xa0EXPORT STOPPED,\n".encode(), True, 0, 1),
        (b"id,status\n1,EXPORT STOPPED\n", False, 0, 1),
    ],
)
def test_a_sentinel_whole_or_too_short_marks_the_export_truncated(
    content: bytes, truncated: bool, too_short: int, rows: int
) -> None:
    with read(content) as export:
        assert (export.truncated, export.sentinels_too_short, export.rows) == (truncated, too_short, rows)
        assert (export.read, export.rejects) == (rows + too_short, [])


def test_the_newest_time_is_that_of_the_first_winner_column() -> None:
    content = b"id,touched,seen\n1,2026-11-20 10:00,2026-12-01 00:00\n2,2026-11-21T10:00:30.5,\n3,9999-12-31 00:00,\n"
    with read(content) as export:
        assert str(export.newest) == "2026-11-21 10:00:30.500000+00:00"
    with read(b"id,status\n1,open\n") as export:
        assert export.newest is None


@pytest.mark.parametrize(
    ("keys", "total"),
    [
        (["T1", "Grand Total"], 2),
        (["T1", "Gesamtsumme: 1"], 2),
        (["T1", "subtotals"], 2),
        (["Total", "T1"], None),
        (["TOTAL-1", "TOTAL-2"], None),
        (["T1", "summary", "Totalis"], None),
        ([], None),
    ],
)
def test_a_last_key_that_has_a_word_for_a_total_is_found(keys: list[str], total: int | None) -> None:
    with read(written(("id", "status"), [(key, "x") for key in keys])) as export:
        assert export.total == total
