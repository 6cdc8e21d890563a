"""Each record that cannot be read is one reject: where it lies, its bytes, why, and whose it probably is."""

from __future__ import annotations

from time import process_time

import pytest

from fleetfeed import Reject
from fleetfeed.reader.export import Evidence
from fleetfeed.reader.rejects import KEPT
from fleetfeed.reader.scanner import LONGEST
from tests.reader.samples import read

HEAD, GOOD = b"id,status,place\n", b"1,open,Kilimani\n"
LONG = b"x" * 300_000


def rejects(content: bytes) -> list[Reject]:
    with read(content) as export:
        assert export.rows + len(export.rejects) == export.read
        return export.rejects


@pytest.mark.parametrize(
    ("record", "reason", "detail", "key"),
    [
        (b"2,open\n", "too few fields", "2 of 3 fields", "2"),
        (b"2\n", "too few fields", "1 of 3 fields", "2"),
        (b'""\n', "too few fields", "1 of 3 fields", None),
        (b"2,open,x,\n", "too many fields", "4 of 3 fields", "2"),
        (b'2,open,"x",,""\n', "too many fields", "5 of 3 fields", "2"),
        (b"2,open,x,y,z\n", "too many fields", "5 of 3 fields", "2"),
        (b" 2 ,open,x,\n", "too many fields", "4 of 3 fields", "2"),
        (b"2,caf\xe9,x\n", "bytes that are not UTF-8", "", "2"),
        (b"2,\xed\xb2\x80,x\n", "bytes that are not UTF-8", "", "2"),
        (b'2,"5\\" pipe",x\n', "broken quoting", "a quote escaped with a backslash", "2"),
        (b'2,"a\\"b\nc",x\n', "broken quoting", "a quote escaped with a backslash", "2"),
        (b'2,"open" now,x\n', "broken quoting", "text after a closing quote", "2"),
        (b'2,"op"en",x\n', "broken quoting", "text after a closing quote", "2"),
        (b'2,op"en,Kili""",x\n', "broken quoting", "a quote inside a cell that has no quotes around it", "2"),
        (b'2,a "b, c" d\n', "broken quoting", "a quote inside a cell that has no quotes around it", "2"),
        (b'2,{"a":"x, y"}\n', "broken quoting", "a quote inside a cell that has no quotes around it", "2"),
        (b'2,="a,b",x\n', "broken quoting", "a quote inside a cell that has no quotes around it", "2"),
        (b'2"open, or not","x"\n', "broken quoting", "a quote inside a cell that has no quotes around it", '2"open'),
        (b'2,\t"open, x",y,z\n', "broken quoting", "a quote inside a cell that has no quotes around it", "2"),
        (b"2," + LONG + b"\n", "too few fields", "2 of 3 fields", "2"),
        ("2,a\u2028b\x0cc\x85d\n".encode(), "too few fields", "2 of 3 fields", "2"),
        (b"\x0c2,open\n", "too few fields", "2 of 3 fields", "2"),
    ],
)  # fmt: skip
def test_each_kind_of_fault(record: bytes, reason: str, detail: str, key: str | None) -> None:
    assert rejects(HEAD + GOOD + record + GOOD) == [Reject(2, 3, reason, detail, record, key)]


@pytest.mark.parametrize("size", [LONGEST - 9, LONGEST - 8, 2 * LONGEST, 5 * LONGEST, 10 * LONGEST])
@pytest.mark.parametrize("cell", [b"%b", b'"%b\n"'], ids=["plain", "quoted"])
def test_a_record_that_is_too_long_is_one_reject_however_long_it_is(size: int, cell: bytes) -> None:
    record = b"2,open," + cell % (b"x" * size) + b"\n"
    found = rejects(HEAD + 3 * GOOD + record + 6_000 * GOOD)
    if len(record) > LONGEST:
        detail = f"the first 1,048,576 of its {len(record):,} bytes are kept"
        assert found == [Reject(4, 5, "a record that is too long", detail, record[:KEPT], "2", len(record))]
    else:
        assert found == []


def test_many_records_that_are_too_long_cost_no_other() -> None:
    record = b"2,open," + b"x" * LONGEST + b"\n"
    found = rejects(HEAD + 5 * (GOOD + record + record) + GOOD)
    assert [reject.record for reject in found] == [2, 3, 5, 6, 8, 9, 11, 12, 14, 15]


@pytest.mark.parametrize("header", [b'"id\n\n",status\n', b'\n\nid,"a\nstatus"\n', b'id,"a ""quoted""\n\n\n\none"\n'])
def test_a_header_of_several_lines_costs_no_record(header: bytes) -> None:
    with read(header + b"1,open\n2\n3,open\n") as export:
        assert (export.rows, [reject.raw for reject in export.rejects]) == (2, [b"2\n"])


def test_a_comma_too_many_shifts_no_cell_though_the_last_ones_are_empty() -> None:
    header, shifted = b"id,place,status,note\n", b"2,Moi Avenue, Kilimani,open,\n"
    with read(
        header + b"1,Mpaka Road,open,\n" + shifted + b'3,"Moi Avenue, Kilimani",open,\n4, "a,b" ,open,""'
    ) as export:
        assert [reject.raw for reject in export.rejects] == [shifted]
        assert [row.values["status"] for row in export.compare(None).changed()] == ["open"] * 3


def test_several_faults_of_one_record_are_one_reject() -> None:
    assert rejects(b"id,a,b,c,d,e\n2,caf\xe9\n") == [
        Reject(1, 2, "bytes that are not UTF-8", "", b"2,caf\xe9\n", "2"),
    ]
    assert len(rejects(b"id,a,b,c,d,e\n2\n3,\xe9,\xe9,\xe9,,,,\xe9,\xe9\n")) == 2


def test_broken_quotes_and_bad_bytes_in_a_record_are_one_reject() -> None:
    assert rejects(HEAD + b'2,"caf\xe9" x,\n') == [
        Reject(1, 2, "broken quoting", "text after a closing quote", b'2,"caf\xe9" x,\n', "2")
    ]


def test_place_counts_records_and_physical_lines_apart() -> None:
    content = b'\nid,"two\nlines",place\n\n1,"a\nb\n\nc",x\n\n2,open\n   \n3,open,x\n4,"y" z,\n5\n'
    assert [(reject.record, reject.line, reject.raw) for reject in rejects(content)] == [
        (2, 10, b"2,open\n"),
        (4, 13, b'4,"y" z,\n'),
        (5, 14, b"5\n"),
    ]


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_place_is_the_same_whatever_ends_the_lines(end: bytes) -> None:
    content = (HEAD + GOOD + b"\n2,open\n" + GOOD + b"3").replace(b"\n", end)
    found = [(reject.record, reject.line, reject.raw) for reject in rejects(content)]
    assert found == [(2, 4, b"2,open\n"), (4, 6, b"3")]


def test_a_bad_record_beyond_the_buffers_of_any_reader_has_its_place() -> None:
    content = HEAD + GOOD * 400_000 + b"2,open\n" + GOOD
    assert [(reject.record, reject.line) for reject in rejects(content)] == [(400_001, 400_002)]


def test_the_key_is_guessed_where_the_header_has_it() -> None:
    content = b"status,place,id\nopen,x\nopen,x,2,y\nopen,x,\xc2\xa03 ,y\n"
    assert [reject.key for reject in rejects(content)] == [None, "2", "3"]


def test_a_row_is_found_again_among_rejects_and_sentinels() -> None:
    content = HEAD + b'2\nEXPORT STOPPED\n1,"a\nb",x\n"c" d,,\n\n3,open,x\n'
    with read(content) as export:
        last = Evidence(5, 8, b"3,open,x\n", 9)
        assert export.evidence({2}) == {2: last}
        assert export.evidence({1, 2}) == {1: Evidence(3, 4, b'1,"a\nb",x\n', 10), 2: last}
        assert export.evidence(set()) == {}


def test_every_record_may_be_bad() -> None:
    assert len(rejects(HEAD + b"1\n" * 5_000)) == 5_000


@pytest.mark.parametrize("record", [b"2,open\n", b'2,"a, b"\n', b'2,5" pipe\n'])
def test_many_short_records_of_many_columns_cost_little(record: bytes) -> None:
    head = b"id,status," + b",".join(b"c%d" % number for number in range(1_898)) + b"\n"
    start = process_time()
    found = rejects(head + record * 1_200)
    assert process_time() - start < 5
    assert (len(found), found[-1]) == (1_200, Reject(1_200, 1_201, "too few fields", "2 of 1900 fields", record, "2"))
