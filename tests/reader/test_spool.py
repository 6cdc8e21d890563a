"""A spooled export made readable, and the walk over its records."""

from __future__ import annotations

import csv
import io
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.feed.layout import Layout
from fleetfeed.reader.scanner import Span, mapped, walk
from fleetfeed.reader.spool import Spool, prepare
from tests.reader.samples import any_text, spooled, written


def prepared(content: bytes) -> tuple[Spool, bytes]:
    with spooled(content) as path:
        spool = prepare(path, Layout())
        return spool, spool.path.read_bytes()


def spans(content: bytes) -> list[Span]:
    with spooled(content) as path, mapped(path) as text:
        return list(walk(text))


def lines(content: bytes) -> list[tuple[int, int]]:
    return [(span.line, span.lines) for span in spans(content)]


@pytest.mark.parametrize(
    "content",
    [
        b"id,status\n1,open\n2,closed\n",
        b"\xef\xbb\xbfid,status\n1,open\n2,closed\n",
        b"id,status\r\n1,open\r\n2,closed\r\n",
        b"id,status\r1,open\r2,closed\r",
        b"id,status\r\n1,open\n2,closed\r",
        b"\xef\xbb\xbfid,status\r1,open\r\n2,closed\n",
        b"id,sta\0tus\n1,op\0en\n2,closed\0\n",
    ],
    ids=["LF", "BOM", "CRLF", "CR", "mixed", "BOM and mixed", "NUL"],
)
def test_every_kind_of_line_end_bom_and_nul_come_to_the_same(content: bytes) -> None:
    spool, text = prepared(content)
    assert text == b"id,status\n1,open\n2,closed\n"
    assert (spool.header, spool.header_text, spool.records) == (("id", "status"), b"id,status\n", 2)
    assert spool.nuls == content.count(b"\0")


def test_a_crlf_between_two_chunks_is_one_line_end() -> None:
    for length in range((1 << 20) - 4, (1 << 20) + 2):
        _, text = prepared(b"id\n" + b"a" * (length - 3) + b"\r\nb\r\n")
        assert text == b"id\n" + b"a" * (length - 3) + b"\nb\n"


def test_a_file_that_is_in_order_is_left_as_it_is() -> None:
    with spooled(b"id,status\n1,open") as path:
        before = path.stat()
        spool = prepare(path, Layout())
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert spool.readable == spool.path


def test_blank_lines_belong_to_no_record_and_count_as_lines() -> None:
    assert lines(b"\n \nid\n\n1\n\t\n\n2\n\n") == [(3, 1), (5, 1), (8, 1)]


def test_a_last_line_needs_no_end() -> None:
    assert lines(b"id\n1\n2") == [(1, 1), (2, 1), (3, 1)]


def test_a_record_spans_the_lines_in_its_quotes() -> None:
    assert lines(b'id,note\n1,"a\nb\n\nc"\n2,x\n') == [(1, 1), (2, 4), (6, 1)]
    assert lines(b'id,note\n"1\n", "a ""quoted""\n" ,x\n2,x\n') == [(1, 1), (2, 3), (5, 1)]


def test_a_quote_inside_an_unquoted_cell_is_text() -> None:
    assert lines(b'id,size\n1,5" pipe\n2,6" pipe\n') == [(1, 1), (2, 1), (3, 1)]


def test_a_header_may_have_blank_lines_before_it_and_lines_in_it() -> None:
    spool, _ = prepared(b'\n\nid,"two\nlines"\n1,x\n')
    assert spool.header == ("id", "two\nlines")
    assert (spool.skip, spool.records) == (3, 1)


def test_header_names_are_trimmed_and_an_empty_one_gets_a_name() -> None:
    spool, _ = prepared("\ufeff id ,\xa0status, ,\n1,open,,x\n".encode())
    assert spool.header == ("id", "status", "column_3", "column_4")


def test_a_field_of_300_000_characters_is_one_field() -> None:
    spool, _ = prepared(b'id,note\n1,"' + b"a\n" * 150_000 + b'"\n2,x\n')
    assert (spool.records, spool.broken) == (2, ())


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (b'1,"5\\" pipe"\n', "a quote escaped with a backslash"),
        (b'1,"a" b\n', "text after a closing quote"),
        (b'1,"a"b"\n', "text after a closing quote"),
        (b'1,"never\n', "a quote that is never closed"),
    ],
)
def test_a_broken_record_says_what_is_wrong_with_its_quotes(record: bytes, fault: str) -> None:
    assert [span.fault for span in spans(b"id,note\n" + record)] == ["", fault]


def test_a_backslash_escape_with_a_line_end_in_it_stays_one_record() -> None:
    found = spans(b'id,note\n1,"a \\"b\nc\\" d"\n2,x\n')
    assert [(span.line, span.lines) for span in found] == [(1, 1), (2, 2), (4, 1)]


def test_the_readable_copy_keeps_every_byte_in_its_place() -> None:
    with spooled(b'id,note\n1,"a" b\n2,x\n') as path:
        spool = prepare(path, Layout())
        assert spool.readable.read_bytes() == b"id,note\n" + b"\n" * 8 + b"2,x\n"
        assert path.read_bytes() == b'id,note\n1,"a" b\n2,x\n'


@given(
    st.lists(st.lists(any_text | st.text('a ",\n'), min_size=2, max_size=3), min_size=1),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_walking_finds_the_records_that_the_csv_module_wrote(rows: list[list[str]], end: str) -> None:
    content = written(["id", "status"], rows, end).replace(b"\0", b"")
    clean = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    with spooled(clean) as path, mapped(path) as text:
        found = list(walk(text))
        cut = [text[span.start : span.end] for span in found]
    assert not any(span.fault for span in found)
    assert b"".join(cut) == clean
    expected = list(csv.reader(io.StringIO(clean.decode(), newline=""), strict=True))
    assert [next(csv.reader(io.StringIO(raw.decode(), newline=""))) for raw in cut] == expected
    assert sum(span.lines for span in found) == clean.count(b"\n")


@given(st.lists(st.sampled_from([b",", b'"', b"\\", b"\n", b"a", b"\xe9", b" "]), max_size=40).map(b"".join))
def test_every_line_of_any_bytes_is_in_one_record_or_blank(body: bytes) -> None:
    content = b"id\n" + body
    found = spans(content)
    place = 0
    for span in found:
        assert not content[place : span.start].strip()
        assert span.line == content[: span.start].count(b"\n") + 1
        assert place <= span.start < span.end
        place = span.end
    assert not content[place:].strip()


@pytest.mark.parametrize(
    "cells",
    [
        '5" pipe,6" pipe',
        '5" pipe,x',
        'x,5" pipe',
        '24" x 36",x',
        'x,24" x 36"',
        '24" x 36",30" x 40"',
        '5" pipe,"6"" valve"',
        '5",6"',
        'b",x',
        'b","x"',
        '5"x3,6"x4',
        'say "hi",he said "yes"',
        'a"b,c',
        '3" to 4",5" x',
    ],
)
def test_quotes_that_enclose_no_delimiter_are_characters(cells: str) -> None:
    (_, found) = spans(f"id,one,two\n1,{cells}\n".encode())
    assert found.fault == ""


@pytest.mark.parametrize(
    "cells",
    [
        '78.07" Table, Round 48"',
        '78.07" Table, Round"',
        '5"x table, 48" ',
        '5" a, 3"" b"',
        '5" pipe,36"',
        '78.07"a, b"',
        'b",c"',
        '78.07", c"',
    ],
)
def test_quotes_that_may_enclose_a_delimiter_are_broken(cells: str) -> None:
    for record in (f"1,{cells}", f"1,{cells},x", f"1,x,{cells}"):
        (_, found) = spans(f"id,one,two\n{record}\n".encode())
        assert found.fault == "a quote inside a cell that has no quotes around it"


@pytest.mark.parametrize("piece", [b'"c"",', b'x"y', b'""', b' "', b'a"b""c', b'\\"', b'5" x', b'5" ""'])
def test_a_walk_takes_time_that_grows_with_the_text_and_no_faster(piece: bytes) -> None:
    def took(times: int) -> float:
        start = perf_counter()
        spans(b"id,note\n" + b'1,x"a' + piece * times + b"\n")
        return perf_counter() - start

    few, many = min(took(4_000) for _ in range(3)), took(64_000)
    assert many < 16 * 8 * few + 0.5


def test_a_backslash_escape_before_long_lines_costs_each_line_once() -> None:
    content = b'id,note\n1,"a\\"b\n' + (b"x" * 200_000 + b"\n") * 120
    start = perf_counter()
    spans(content)
    once = perf_counter() - start
    start = perf_counter()
    spans(content.replace(b'"a\\"b', b"a"))
    assert once < 20 * (perf_counter() - start) + 0.5
