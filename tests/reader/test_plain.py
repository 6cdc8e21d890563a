"""A file that is read in one pass gives what a walk over its records gives; what does not add up is walked over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.model import Reject, Row
from fleetfeed.reader.duckdb_session import scratch_database
from fleetfeed.reader.duckdb_sql import read_export
from fleetfeed.reader.export import Evidence, Export
from fleetfeed.reader.spool import prepare
from tests.kit import examples
from tests.reader.samples import NARROW, read, rows_of, spooled, written

HEAD = b"id,status,place\n"
Found = tuple[list[Row], list[Reject], dict[int, Evidence], bytes, int, bool]


@contextmanager
def walked(content: bytes, feed: Feed = NARROW) -> Iterator[Export]:
    """Open bytes as an export whose records the scanner finds."""
    with spooled(content) as path:
        spool = prepare(path, feed.layout)
        with scratch_database(path.with_suffix(".duckdb"), len(spool.header)) as db:
            db.execute(read_export(feed, spool))
            yield Export(feed, spool, db)


def found(export: Export) -> Found:
    evidence = export.evidence(set(range(1, export.rows + 1)))
    rows = list(export.compare(None).changed())
    return rows, export.rejects, evidence, export.spool.header_text, export.spool.records, export.truncated


def is_plain(content: bytes, feed: Feed = NARROW) -> bool:
    with read(content, feed) as export:
        return export.spool.seamless


@pytest.mark.parametrize(
    "body",
    [
        b"1,open,x\n2,open,\n",
        b"1,open,x\n2,open,y",
        b"",
        b'"1","open","x"\n"2","",""\n',
        b'1,open,"say ""hi"""\n2,open,"a, b"\n',
        b'1,open,"two\n\nlines"\n2,open,"\n"\n3,open,x',
        b'1,open,"5"" pipe"\n2,open,"""""a"\n',
        "1,caf\xe9,\U0001f692\n".encode(),
        b"EXPORT STOPPED,,\n",
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_a_file_that_adds_up_is_read_in_one_pass(body: bytes, mark: bytes) -> None:
    content = mark + HEAD + body
    with read(content, NARROW) as export, walked(content) as other:
        assert export.spool.seamless
        assert found(export) == found(other)


def test_a_file_of_crlf_is_read_in_one_pass() -> None:
    content = written(["id", "status", "place"], [("1", 'say "hi"', "x"), ("2", "a, b", ""), ("3", "", "y")], "\r\n")
    with read(content, NARROW) as export, walked(content) as other:
        assert export.spool.seamless
        assert found(export) == found(other)
        assert export.evidence({2})[2].raw == b'2,"a, b",\n'


@pytest.mark.parametrize(
    "body",
    [
        b"1,open,x\n\n2,open,y\n",
        b"1,open,x\n2,open,y,\n",
        b'1,open,x\n2,open,y,""\n',
        b"1,open\n",
        b"1,open,x\nEXPORT STOPPED\n",
        b'1, "open" ,x\n',
        b'1,open,5" pipe\n',
        b'1,o""pen,x\n',
        b'1,"a,""b","c,"\n2,d"e,x\n',  # more quotes look like openings than are: a stray one must not make up for it
        b'1,"a,""b",x\n2,d"e,f"g\n',
        b'1,open,"x"y\n',
        b"1,open,x\r\n2,open,y\n",
        b"1,open,x\ry\n",
        b"1,open,x\0\n",
        b"1,\xe9,x\n",
        b"\n",
        b'"1\n',
    ],
)
def test_a_file_that_does_not_add_up_is_walked_over(body: bytes) -> None:
    try:
        with read(HEAD + body, NARROW) as export:
            assert not export.spool.seamless
    except ExportRefused as refused:
        assert "not closed" in refused.cause  # noqa: PT017 (both ends are right)


@pytest.mark.parametrize(
    "content",
    [
        b"id,status\r\n1,open\r\n2,closed\n",
        b'id,status\r\n1,"two\r\nlines"\r\n',
        b"id,status\r1,open\r",
        b'id,"status\n"\n1,open\n',
        b"report of today\nid,status\n1,open\n",
        b"id\n1\n",
        b"id,status,\n1,open,\n",
        b"id,junk\n1,\xe9\n",
    ],
)
def test_what_has_to_be_prepared_is_walked_over(content: bytes) -> None:
    assert not is_plain(content)


def test_blanks_around_quotes_never_hide_a_stray_quote() -> None:
    assert not is_plain(HEAD + b'1, "a""b",x\n2,c"d,"y"\n')


_PIECES = (b",", b'"', b"\n", b"a", b"\xc3\xa9", b" ", b'""', b',"', b'",', b"x,y,z\n", b'1,"b ""c""",d\n', b"\r\n")


@settings(max_examples=examples(5))
@given(
    st.lists(st.sampled_from(_PIECES), max_size=30).map(b"".join),
    st.sampled_from([HEAD, b"id,junk,status\n", b"junk,id,status\n"]),
    st.booleans(),
)
@example(b'1,"x,","y"\n2,"\n","a\nb"\n3,b,"c"', HEAD, False)
def test_one_pass_finds_what_the_walk_finds(body: bytes, header: bytes, returns: bool) -> None:
    content = header + body
    if returns:
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    try:
        with walked(content) as other:
            expected = found(other)
    except ExportRefused as refused:
        with pytest.raises(ExportRefused) as again, read(content, NARROW):
            pass
        assert again.value.cause == refused.cause  # noqa: PT017 (the same refusal)
        return
    with read(content, NARROW) as export:
        assert found(export) == expected


@pytest.mark.parametrize("rows", [1_000, 60_000])
def test_few_changed_rows_are_cut_out_of_the_file_as_it_is_read(rows: int) -> None:
    cells = [(str(n), "two\nlines" * (n % 7 == 0), 'say "hi"' if n % 5 else "caf\xe9") for n in range(1, rows + 1)]
    few = {"1", "6", "7", "8", "500", str(rows - 1), str(rows)}
    content = written(["id", "status", "place"], cells)
    unchanged = [f"{row.key},{row.digest},t,f\n" for row in rows_of(content, NARROW) if row.key not in few]
    with read(content, NARROW) as export:
        assert export.spool.seamless
        known = export.spool.path.with_suffix(".known")
        known.write_text("ticket_id,digest,open,absent\n" + "".join(unchanged))
        changed = list(export.compare(known).changed())
        cut = export.evidence({row.number for row in changed})
    expected = [row for row in cells if row[0] in few]
    assert [tuple(cell or "" for cell in row.values.values()) for row in changed] == expected
    assert [row.number for row in changed] == [int(key) for key, *_ in expected]
    assert [piece.record for piece in cut.values()] == [int(key) for key, *_ in expected]
    assert [piece.line for piece in cut.values()] == [
        int(key) + 1 + sum(1 for n in range(1, int(key)) if n % 7 == 0) for key, *_ in expected
    ]


def test_digests_are_those_that_tables_hold() -> None:
    """A changed digest would rewrite every row of every table."""
    content = written(["id", "status", "junk", "place"], [("1", "open", "a", 'The "Mall"'), ("2", "", "b", "caf\xe9")])
    expected = ["6f64c678-3cc4-dc16-53c0-131b19b36b2d", "60655f3e-3c46-e78b-60ec-09f43744b38b"]
    for same in (content, content.replace(b"\n", b"\r\n"), content.replace(b"\n", b"\n\n")):
        assert [row.digest for row in rows_of(same, NARROW)] == expected
