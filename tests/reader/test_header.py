"""Which line is the header, what its columns are called, and what is no column at all."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.feed.layout import Layout
from fleetfeed.reader.export import opened
from fleetfeed.reader.header import names_of
from tests.reader.samples import SMALL, changed, read, spooled

FEED = replace(SMALL, headers={"Ticket No": "id", "Status": "status"})


def rows(content: bytes, feed: Feed = FEED) -> list[dict[str, str | None]]:
    with read(content, feed) as export:
        return [dict(row.values) for row in export.compare(None).changed()]


def names(*cells: str, feed: Feed = FEED) -> tuple[str, ...]:
    return names_of(cells, Layout(headers=feed.headers, key=feed.key, known=feed.known))


@pytest.mark.parametrize(
    "before",
    [
        b"Incident report,,\nGenerated 2026-11-20\n\n",
        b"sep=,\n",
        b'"sep=,"\n',
        b'"a title, with a comma"\nTicket No:\n',
        b'Report of "all, teams"\n"and a quote, that is never closed\n',
        b"\n" * 3 + b"x\n" * 40,
        b"caf\xe9\n",
        b"\xef\xbb\xbfTitle\n",
    ],
)
def test_lines_before_the_line_that_names_the_key_are_left_out(before: bytes) -> None:
    content = before + b'Ticket No,Status,note\n1,open,"a\nb"\n2,open\n3,closed,x\n'
    with read(content, FEED) as export:
        assert [reject.raw for reject in export.rejects] == [b"2,open\n"]
        assert export.rejects[0].line == before.count(b"\n") + 4
        assert export.spool.preamble == sum(bool(line.strip()) for line in before.split(b"\n"))
        assert export.evidence({2})[2].raw == b"3,closed,x\n"
        assert [(row.key, row.values["note"]) for row in export.compare(None).changed()] == [("1", "a\nb"), ("3", "x")]


def test_a_declared_number_of_lines_is_left_out_whatever_stands_in_them() -> None:
    content = b'id,report "of\nid\nTicket No,Status\n1,open\n'
    assert rows(content, replace(FEED, skip=2)) == [{"id": "1", "status": "open"}]
    with pytest.raises(ExportRefused, match="does not name 'id'"), read(content, replace(FEED, skip=3)):
        pass
    with pytest.raises(ExportRefused, match="not even the 9 lines"), read(content, replace(FEED, skip=9)):
        pass


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_another_delimiter_is_suggested_only_if_it_finds_the_key(sign: str) -> None:
    title = b"Incident report" + sign.encode() * 2 + b"\n"
    found = title + f"Ticket No{sign}Status\n1{sign}open\n".encode()
    with pytest.raises(ExportRefused, match="looks separated by") as caught, read(found, FEED):
        pass
    assert repr(sign) in caught.value.cause
    written = sign.replace("\t", "\\t")
    assert caught.value.next_step == f'Write delimiter="{written}" in the feed\'s declaration.'
    with pytest.raises(ExportRefused, match="it begins: Incident report"), read(title + b"number\n1\n", FEED):
        pass


@pytest.mark.parametrize(
    ("header", "records"),
    [
        (b"Ticket No,Status,\n", b"1,open\n2,open\n"),
        (b"Ticket No,Status\n", b"1,open,\n2,open,\n"),
        (b"Ticket No,Status,\n", b"1,open,\n2,open,\n"),
        (b"Ticket No,Status, ,\n", b'1,"open",,\n2,open,,""\n'),
        (b"Ticket No,Status,\n", b"1,open,\n2,open\n3,open,\n"),
        (b"Ticket No,Status,,\n", b"1,open,\n2,open,\n"),
        (b"Ticket No,Status,\n", b"1,open,\n"),
    ],
)
def test_a_delimiter_at_the_end_is_no_column(header: bytes, records: bytes) -> None:
    expected = [{"id": line.split(b",")[0].decode(), "status": "open"} for line in records.splitlines()]
    assert rows(header + records) == expected


def test_a_last_column_without_a_name_is_one_where_it_holds_something() -> None:
    assert rows(b"Ticket No,Status,\n1,open,\n2,open,x\n") == [
        {"id": "1", "status": "open", "column_3": None},
        {"id": "2", "status": "open", "column_3": "x"},
    ]


@pytest.mark.parametrize("shifted", [b"3,a place, open,\n", b'3,"a, b",open,x\n', b"3,a,b\n", b'3,"a\nb",c,d\n'])
def test_a_shifted_record_is_rejected_though_all_end_in_a_delimiter(shifted: bytes) -> None:
    with read(b"Ticket No,Status\n" + b"1,open,\n" * 120 + shifted + b"4,open,\n", FEED) as export:
        assert [reject.raw for reject in export.rejects] == [shifted]
        assert export.rows == 121


def test_rejected_records_show_nothing_of_a_delimiter_at_the_end_of_all() -> None:
    shifted = b"1,a place, open,\n2,b place, open,\n"
    with spooled(b"id,place,status\n" + shifted) as path:
        with opened(FEED, path) as export:
            assert export.rows == 2
        with opened(FEED, path, layout=replace(FEED.layout, some=True)) as export:
            assert [reject.raw for reject in export.rejects] == shifted.splitlines(keepends=True)


def test_a_name_that_is_repeated_gets_a_number() -> None:
    assert names("Ticket No", "Labels", "Labels", "Labels") == ("id", "Labels", "Labels_2", "Labels_3")
    assert names("id", "Labels", "Labels_2", "Labels") == ("id", "Labels", "Labels_2", "Labels_3")
    assert names("id", "", "Status", "Status") == ("id", "column_2", "status", "status_2")
    named = replace(FEED, headers={**FEED.headers, "Labels": "place", "Labels_2": "team"})
    assert names("id", "Labels", "Labels", "Labels", feed=named) == ("id", "place", "team", "place_3")


@pytest.mark.parametrize("cells", [("id", "x", "id"), ("Ticket No", "Ticket No"), ("id", "Ticket No")])
def test_a_key_that_stands_there_twice_is_no_key(cells: tuple[str, ...]) -> None:
    with pytest.raises(ExportRefused, match="names 'id' twice"):
        names(*cells)
    spare = replace(FEED, ignore=("id_2",))
    if cells != ("id", "Ticket No"):
        assert names(*cells, feed=spare)[-1] == "id_2"


@pytest.mark.parametrize(
    "cell",
    [
        "TICKET NO",
        "ticket\xa0no",
        "Ticket  No",
        "\u200bTicket No",
        "Ticket\u00ad No",
        "\uff34icket No",
        "\ufeffID",
        "Id",
    ],
)
def test_names_are_compared_as_people_see_them(cell: str) -> None:
    assert names(cell, "STATUS ", "Unknown\u200b") == ("id", "status", "Unknown\u200b")


def test_names_that_only_look_alike_are_left_as_they_are() -> None:
    assert names("id", "STATUS", "sTaTuS") == ("id", "STATUS", "sTaTuS")  # which one is meant?
    assert names("id", "status", "STATUS") == ("id", "status", "STATUS")
    both = replace(FEED, ignore=("A", "a"))
    assert names("id", "a", "A", feed=both) == ("id", "a", "A")


def test_two_thousand_columns_are_read_and_more_are_refused() -> None:
    wide = [f"a column with a name {number}" for number in range(1_999)]
    cells = [",".join([f"T{row}", *(f"{row}-{number}" for number in range(1_999))]) for row in range(3)]
    content = "\n".join([",".join(["id", *wide]), *cells, ""]).encode()
    assert [row[wide[-1]] for row in rows(content)] == ["0-1998", "1-1998", "2-1998"]
    with pytest.raises(ExportRefused, match="2,001 columns; 2,000 at most"), read(b"id," + content, FEED):
        pass


def test_a_title_that_holds_the_name_of_the_key_is_no_header() -> None:
    assert rows(b"Sorted by,Ticket No\nTicket No,Status\n1,open\n") == [{"id": "1", "status": "open"}]
    assert rows(b"Ticket No,note\n1,x\n2,id\n") == [{"id": "1", "note": "x"}, {"id": "2", "note": "id"}]


OWN = {"headers": {"Ticket No": "id", "Number": "id"}}
STEPS: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "key under another name": (b"number,status\n1,open\n", {}, 'write headers={"NAME": "id"} in the feed'),
    "skip leaves out the header": (b"id,status\n1,open\n", {"skip": 1}, "if skip=1 leaves out the header"),
    "skip leaves out all": (b"id,status\n1,open\n", {"skip": 9}, "Write a smaller `skip` in"),
    "skip leaves blank lines": (b"id,status\n\n", {"skip": 1}, "Write a smaller `skip` in"),
    "another encoding": ("id,état\n1,x\n".encode("cp1252"), {}, 'such as encoding="cp1252"'),
    "a wrong encoding": ("id,état\n1,x\n".encode("cp1252"), {"encoding": "ascii"}, "Correct `encoding` in"),
    "sep contradicts": (b"sep=;\nid;status\n", {}, 'Write delimiter=";" in'),
    "a quote that stays open": (b'report "of,"all\n1,open\n', {}, "write how many as `skip`"),
    "text after a quote": (b'"all" teams,x\n1,open\n', {}, "write how many as `skip`"),
    "the key twice": (b"id,status,id\n1,open,2\n", {}, "add 'id_2' to `ignore`"),
    "two spellings": (b"Ticket No,Number\n1,2\n", OWN, "`headers` of 'Ticket No', 'Number' in"),
}


@pytest.mark.parametrize("what", STEPS)
def test_the_next_step_names_the_setting_that_helps(what: str) -> None:
    content, members, step = STEPS[what]
    with pytest.raises(ExportRefused) as caught, read(content, changed(**members)):
        pass
    assert step in caught.value.next_step, caught.value


def test_a_key_that_stands_there_twice_is_read_after_that_step() -> None:
    assert rows(b"id,status,id\n1,open,2\n", replace(SMALL, ignore=("id_2",))) == [
        {"id": "1", "status": "open", "id_2": "2"}
    ]


RANDOM = Random(4).randbytes


@pytest.mark.parametrize(
    "content",
    [
        RANDOM(20_000),
        RANDOM(2_000),
        b"\x7fELF\x02\x01\x01" + b"\0" * 9 + RANDOM(900) + b"\0" * 3000,
        b"\0\1\2\3\n" * 200,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1"])
def test_a_file_of_bytes_is_called_no_text_file(content: bytes, encoding: str) -> None:
    with pytest.raises(ExportRefused, match="it is no text file"), read(content, changed(encoding=encoding)):
        pass


def test_a_nul_in_a_header_of_another_encoding_makes_no_bytes_of_it() -> None:
    with pytest.raises(ExportRefused, match="written in another encoding"), read("id,ét\0at\n".encode("cp1252")):
        pass
    assert rows(b"id,status\n1,o\0\1pen\n", SMALL) == [{"id": "1", "status": "o\1pen"}]
