"""Whole files that are refused, and why."""

from __future__ import annotations

import pytest

from fleetfeed.errors import ExportRefused
from fleetfeed.reader.completeness import is_truncated
from fleetfeed.reader.export import opened
from tests.reader.samples import SMALL, changed, read, spooled

OPEN = "record {} on line {} opens a quote that is not closed and swallows {}"
UNCLOSED = b"id,status\n" + b"0,open\n" * 4


def refusal(content: bytes) -> ExportRefused:
    with pytest.raises(ExportRefused) as caught, read(content):
        pass
    return caught.value


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty but for a BOM or NUL characters"),
        (b"\n\r\n \n\t\n", "the file holds no header, only blank lines"),
        (b"\xef\xbb\xbf\n", "the file holds no header, only blank lines"),
        (b"<!DOCTYPE html>\n<html></html>", "it is not CSV: it looks like HTML or XML"),
        (b"\xef\xbb\xbf\n  <html>", "it is not CSV: it looks like HTML or XML"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "it is not CSV: it looks like gzip bytes"),
        (b"PK\x03\x04\x14\0", "it is not CSV: it looks like a ZIP file"),
        (b'{"error": "no access"}', "it is not CSV: it looks like JSON"),
        ("\ufeffid,status\n1,open\n".encode("utf-16-le"), "it is not CSV: it looks like UTF-16 text"),
        ("\ufeffid,status\n1,open\n".encode("utf-16-be"), "it is not CSV: it looks like UTF-16 text"),
        ("id,status\n1,open\n".encode("utf-16-le"), "it is not UTF-8: it looks like UTF-16 text"),
        ("id,status\n1,open\n".encode("utf-16-be"), "it is not UTF-8: it looks like UTF-16 text"),
        ("id,état\n1,open\n".encode("cp1252"), "its header is not UTF-8; it is written in another encoding"),
        (b"id,status,id\n1\n", "its header names 'id' twice"),
        (b"id,status, id \n1\n", "its header names 'id' twice"),
        (b'id,"status\n1,open\n', "its header has a quote that is never closed"),
        (b'id,"sta"tus\n1,open\n', "its header has text after a closing quote"),
        (b"number,status\n1,open\n", "its header does not name 'id' (it begins: number, status)"),
        (b'[{"id": 1, "status": "open"}]\n', "it is not CSV: it looks like JSON"),
        (b"\xef\xbb\xbf \n[ ]", "it is not CSV: it looks like JSON"),
        (b"sep=;\nid,status\n1,open\n", "its first line says that ';' separates its cells, but the feed declares ','"),
        (b"1,open\n2,open\n", "its header does not name 'id' (it begins: 1, open)"),
        (b"id;status\n1;open\n", "its header does not name 'id'; it looks separated by ';' instead of ','"),
        (b"id\tstatus\n1\topen\n", "its header does not name 'id'; it looks separated by '\\t' instead of ','"),
        (b"id|status\n1|open\n", "its header does not name 'id'; it looks separated by '|' instead of ','"),
        (UNCLOSED + b'1,"open\n2\n3\n', OPEN.format(5, 6, "2 more lines")),
        (UNCLOSED + b'1,"open\n2,"x"\n', OPEN.format(5, 6, "1 more line")),
        (b'id,status\n\n"1\n2",open\n3,"op', "record 2 on line 5 opens a quote that is not closed."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trusted_is_refused(content: bytes, why: str) -> None:
    assert refusal(content).cause.startswith(f"The export is refused: {why}")


def test_a_quote_that_closes_in_another_record_refuses_the_export() -> None:
    error = refusal(UNCLOSED + b'1,"open\n2,open\n3,"closed",x\n')
    assert "record 5 on line 6" in error.cause
    assert "swallows 2 more lines" in error.cause


def test_a_refusal_says_what_became_of_the_data_and_what_to_do() -> None:
    error = refusal(b"")
    assert error.exit_code == 1
    assert "Nothing of it was loaded" in error.effect
    assert "next complete export" in error.next_step


def test_a_header_alone_is_an_export_of_no_rows() -> None:
    with read(b"id,status\n") as export:
        assert (export.read, export.rows, export.rejects) == (0, 0, [])


def test_a_file_refused_once_is_refused_again_for_the_same_reason() -> None:
    content = b'  "\n",1\nnumber,status\n1,open\n'
    swallowed = b'id,status\n  "1\n2",open\n'
    for text in (b"number\n1\n", content, swallowed):
        with spooled(text) as path:
            causes = []
            for _ in range(2):
                with pytest.raises(ExportRefused) as caught, opened(SMALL, path):
                    pass
                causes.append(caught.value.cause)
        assert causes[0] == causes[1]


def test_an_export_can_be_opened_again() -> None:
    with spooled(b"id,status\r\n1,open\r\nEXPORT STOPPED\r\n") as path:
        assert is_truncated(SMALL, path)
        with opened(SMALL, path) as export:
            assert (export.rows, export.truncated) == (1, True)
        assert not is_truncated(changed(sentinel=None), path)


def test_an_export_that_cannot_be_read_says_nothing_of_being_truncated() -> None:
    with spooled(b"EXPORT STOPPED\n") as path:
        assert not is_truncated(SMALL, path)
